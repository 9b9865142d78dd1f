import { randomUUID } from 'node:crypto';
import type { EnrolmentParts } from './enrolment';
import { chooseKey } from './key-choice';
import { makeKeyRenewal } from './key-renewal';
import { openLiveKey } from './live-key';
import { syncForever } from './sync-loop';

/**
 * The agent's ordinary life until the signal: a new boot id, stored before the server hears of it, then sync after sync.
 * Throws AgentFailure; KeyRefused when the server refuses the key for good.
 */
export async function watch({ config, folder, client, surroundings, signal }: EnrolmentParts): Promise<void> {
  const state = chooseKey(config, folder.state);
  if (folder.state.key !== null && folder.state.firstKeyFingerprint !== state.firstKeyFingerprint) {
    const former = await folder.keepCopy();
    surroundings.warn(
      `central.api_key is another key than this agent had: it is used now; the former is in ${former}.`,
    );
  }
  // A new one would name a run that the server perhaps never heard of, and pass for another host.
  const bootId = state.unansweredBootId ?? randomUUID();
  // The key is in use from here on: to register again with the same token now means another registration.
  await folder.save({ ...state, registration: null, unansweredBootId: bootId });
  const { apiUrl } = config;
  const key = openLiveKey(folder);
  const renewal = makeKeyRenewal({ apiUrl, folder, key, client, surroundings, signal });
  const answered = () => folder.save({ ...folder.state, bootId, unansweredBootId: null });
  const identity = { config, key, bootId, previousBootId: state.bootId, answered };
  await syncForever(identity, renewal, client, surroundings, signal);
}
