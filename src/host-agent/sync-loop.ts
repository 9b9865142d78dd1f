import path from 'node:path';
import { z } from 'zod';
import { packageVersion } from '../package-version';
import { isEnrolledByApproval, type AgentConfig } from './agent-config';
import { atLeast, bounded, makeBackOff } from './back-off';
import type { KeyRenewal } from './key-renewal';
import type { LiveKey } from './live-key';
import type { ServerClient } from './server-client';
import { ServerFault } from './server-fault';
import { finalRefusal } from './refusal';
import type { Surroundings } from './surroundings';

const SYNC = `mutation SyncAgent($input: SyncAgentInput!) {
  syncAgent(input: $input) { syncAfterSeconds generation serverTime }
}`;

const answerSchema = z.object({
  syncAgent: z.object({
    syncAfterSeconds: z.number(),
    generation: z.int(),
    serverTime: z.iso.datetime().transform((text) => Date.parse(text)),
  }),
});

/** Who syncs: its keys and the boot ids of this run and of the one before. */
export interface SyncIdentity {
  config: AgentConfig;
  key: LiveKey;
  bootId: string;
  previousBootId: string | null;
  /** To be called once the server has answered this run. */
  answered: () => Promise<void>;
}

/** In seconds, while the server has not told one yet: the shortest that it gives. */
const FIRST_INTERVAL = 15;
/** A key that is unknown without a reason may be known again when an administrator has restored the right backup. */
const UNKNOWN_KEY_PAUSE = 300;

/** Syncs until the signal; tells only what changed. Throws AgentFailure when the server refuses the key for good. */
export async function syncForever(
  identity: SyncIdentity,
  renewal: KeyRenewal,
  client: ServerClient,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const backOff = makeBackOff();
  const news = makeNews(identity.config, surroundings);
  let interval = FIRST_INTERVAL;
  let generation: number | undefined;
  while (!signal.aborted) {
    let pause: number;
    try {
      const answer = await sync(identity, generation, client, signal);
      interval = bounded(answer.syncAfterSeconds);
      if (generation === undefined) await identity.answered();
      generation = answer.generation;
      news.answered(interval);
      backOff.reset();
      await renewal.afterSync(answer.serverTime);
      pause = interval * 1_000;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ServerFault)) throw error;
      if (mayBeUnknownKey(error) && identity.key.passOver()) continue;
      const failure = error.refusal && finalRefusal(error.refusal, identity.config);
      if (failure) throw failure;
      news.failed(error);
      pause = pauseAfter(error, backOff.next(interval * 1_000));
    }
    await surroundings.wait(pause, signal);
  }
}

async function sync(
  { key, bootId, previousBootId }: SyncIdentity,
  generation: number | undefined,
  client: ServerClient,
  signal: AbortSignal,
): Promise<z.infer<typeof answerSchema>['syncAgent']> {
  const input = {
    bootId,
    agentVersion: packageVersion(),
    ...(previousBootId !== null && { previousBootId }),
    ...(generation !== undefined && { generation }),
  };
  return (await client.call({ query: SYNC, input, answer: answerSchema }, signal, key.text)).syncAgent;
}

/**
 * The server does not know the secret; it tells why a key that it knows is good no more. RATE_LIMITED is what it says instead
 * while somebody behind the same address presents wrong ones: that must not keep the other key from being tried.
 */
function mayBeUnknownKey({ refusal }: ServerFault): boolean {
  return refusal?.code === 'RATE_LIMITED' || (refusal?.code === 'UNAUTHENTICATED' && refusal.reason === undefined);
}

/** In milliseconds: what the server asks for, the five minutes of an unknown key, or else the back-off. */
function pauseAfter({ refusal }: ServerFault, backOff: number): number {
  if (refusal?.code === 'UNAUTHENTICATED') return UNKNOWN_KEY_PAUSE * 1_000;
  return atLeast(backOff, refusal?.retryAfterSeconds);
}

interface News {
  answered(interval: number): void;
  failed(fault: ServerFault): void;
}

/** Says what changed since the last sync, and nothing else: a log that repeats itself is not read. */
function makeNews(config: AgentConfig, { print, warn }: Surroundings): News {
  const { apiUrl } = config;
  const anew = isEnrolledByApproval(config)
    ? `move ${path.join(config.stateFolder, 'state.json')} away and start this agent again, to ask anew`
    : 'register again';
  let begun = false;
  let trouble: string | undefined;
  return {
    answered(interval) {
      if (!begun) print(`Syncing with ${apiUrl} every ${interval} s.`);
      else if (trouble !== undefined) print(`Back: ${apiUrl} answers again.`);
      begun = true;
      trouble = undefined;
    },
    failed({ message, refusal }) {
      if (message === trouble) return;
      trouble = message;
      const unknownKey = refusal?.code === 'UNAUTHENTICATED';
      const remedy = unknownKey
        ? `Trying again every ${UNKNOWN_KEY_PAUSE / 60} minutes; if the server was not restored, ${anew}`
        : 'Trying again';
      warn(`${begun ? 'Lost' : 'Not reached'}: ${apiUrl}: ${message}. ${remedy}.`);
    },
  };
}
