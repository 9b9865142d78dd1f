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
  const bootId = randomUUID();
  // The key is in use from here on: to register again with the same token now means another registration.
  await folder.save({ ...state, registration: null, bootId });
  const { apiUrl } = config;
  const key = openLiveKey(folder);
  const renewal = makeKeyRenewal({ apiUrl, folder, key, client, surroundings, signal });
  const identity = { config, key, bootId, previousBootId: state.bootId };
  await syncForever(identity, renewal, client, surroundings, signal);
}
