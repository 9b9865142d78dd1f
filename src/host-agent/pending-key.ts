import { CredentialKind, makeCredential } from '../access/credential';
import { EMPTY_STATE, type AgentState } from './agent-state';
import { keyFingerprint } from './key-choice';
import type { StateFolder } from './state-folder';
import type { Surroundings } from './surroundings';

/** The key that an administrator is asked to approve. */
export interface PendingKey {
  /** On the disk already. */
  readonly current: NonNullable<AgentState['pending']>;
  /** Makes another one. */
  replace(): Promise<void>;
  /** Makes it the agent's live key. */
  takeIntoUse(agentId: string | null): Promise<void>;
}

/**
 * The key that was asked for under this node name before, or a new one. Under another name it would be asked for in vain: the
 * server keeps the request as it was made. Throws AgentFailure when the state cannot be written.
 */
export async function openPendingKey(
  folder: StateFolder,
  nodeName: string,
  { print }: Surroundings,
): Promise<PendingKey> {
  let current: PendingKey['current'];
  const make = async (): Promise<PendingKey['current']> => {
    const pending = { key: makeCredential(CredentialKind.AGENT_KEY).text, nodeName };
    await folder.save({ ...folder.state, pending });
    print('Asking for registration with newly generated credentials.');
    return pending;
  };
  const { pending } = folder.state;
  if (pending?.nodeName === nodeName) {
    print('Asking for registration with the credentials that were generated before.');
    current = pending;
  } else current = await make();
  return {
    get current() {
      return current;
    },
    async replace() {
      current = await make();
    },
    async takeIntoUse(agentId) {
      const { key } = current;
      await folder.save({ ...EMPTY_STATE, agentId, key, firstKeyFingerprint: keyFingerprint(key) });
    },
  };
}
