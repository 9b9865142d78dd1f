import type { EnrolmentParts } from './enrolment';
import { EMPTY_STATE } from './agent-state';
import { makeBackOff } from './back-off';
import { packageVersion } from '../package-version';
import { KeyRefused } from './refusal';
import { requestApproval } from './approval';
import { watch } from './watch';

const LONGEST_WAIT = 30_000;

/**
 * The life of an agent that an administrator lets in, until the signal: it asks unless it has a live key, works, and asks again with a
 * new key when that one is refused for good. Throws AgentFailure where only a person can help on this host.
 */
export async function liveByApproval(parts: EnrolmentParts): Promise<void> {
  const { config, folder, surroundings, signal } = parts;
  // Never reset: a server that approves and refuses in turn is not asked without end.
  const backOff = makeBackOff();
  surroundings.print(`Agent ${packageVersion()} starts; its server is ${config.apiUrl}.`);
  for (;;) {
    if (folder.state.key === null) await requestApproval(parts);
    try {
      return await watch(parts);
    } catch (error) {
      if (!(error instanceof KeyRefused) || error.isReplaced || !config.reRegister) throw error;
      const former = await folder.keepCopy();
      const { reason } = error;
      surroundings.warn(
        `${config.apiUrl} refuses the key for good (${reason}): asking for registration again; the former state is in ${former}.`,
      );
      await folder.save(EMPTY_STATE);
      await surroundings.wait(backOff.next(LONGEST_WAIT), signal);
      signal.throwIfAborted();
    }
  }
}
