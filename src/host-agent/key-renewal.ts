import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AgentFailure } from './agent-failure';
import { agentKeySchema } from './agent-key';
import { makeBackOff } from './back-off';
import type { LiveKey } from './live-key';
import type { ServerClient } from './server-client';
import { ServerFault } from './server-fault';
import type { StateFolder } from './state-folder';
import type { Surroundings } from './surroundings';

const LIFE = `query KeyLife {
  caller { apiKey { id createdAt expiresAt } }
}`;

const ROTATE = `mutation RotateApiKey($input: RotateApiKeyInput!) {
  rotateApiKey(input: $input) { secret }
}`;

/** By the server's clock, in milliseconds since 1970. */
const instant = z.iso.datetime().transform((text) => Date.parse(text));

const lifeSchema = z.object({
  caller: z.object({
    apiKey: z.object({ id: z.string(), createdAt: instant, expiresAt: instant.nullable() }),
  }),
});

const rotatedSchema = z.object({ rotateApiKey: z.object({ secret: agentKeySchema }) });

/** From when to when the live key is good. */
type KeyLife = z.infer<typeof lifeSchema>['caller']['apiKey'];

/** What a renewal works with. */
export interface RenewalParts {
  apiUrl: string;
  folder: StateFolder;
  key: LiveKey;
  client: ServerClient;
  surroundings: Surroundings;
  signal: AbortSignal;
}

/** Renews the agent's key in time. */
export interface KeyRenewal {
  /**
   * After each sync that was answered, with the server's time. A renewal that fails is told once and tried again, ever more
   * seldom: it keeps no agent from syncing.
   */
  afterSync(serverTime: number): Promise<void>;
}

/** Of a key's life: early enough to be tried for long, late enough to be rare. */
const DUE_AT = 2 / 3;
const LONGEST_PAUSE = 15 * 60_000;

/**
 * At two thirds of a limited life, by the server's clock alone: an id is stored, then the server is asked for a successor under it,
 * the successor is stored beside the live key, the next sync presents it, and when that is answered, the former key is
 * forgotten. Whatever is cut off in between is taken up where it stood, after a restart too: the same id gives the same
 * successor again, with a new secret, until it was used.
 */
export function makeKeyRenewal(parts: RenewalParts): KeyRenewal {
  const { folder, key, surroundings, signal } = parts;
  const backOff = makeBackOff();
  const tellTrouble = makeTroubleTeller(parts);
  let life: KeyLife | undefined;
  let notBefore = -Infinity;

  async function renewWhenDue(serverTime: number): Promise<void> {
    if ((await takeUp()) === 'replaced') life = undefined;
    if (serverTime < notBefore) return;
    life ??= await readLife(parts);
    if (isDue(life, folder, serverTime)) await rotate(parts, life.id);
    backOff.reset();
    notBefore = -Infinity;
    tellTrouble(undefined);
  }

  async function takeUp() {
    const settled = await key.settle();
    if (settled === 'replaced') surroundings.print('This agent’s key was renewed; the former one is forgotten.');
    if (settled === 'dropped') surroundings.warn('The server does not know the renewed key: asking for it again.');
    return settled;
  }

  return {
    async afterSync(serverTime) {
      try {
        await renewWhenDue(serverTime);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ServerFault) && !(error instanceof AgentFailure)) throw error;
        notBefore = serverTime + pauseAfter(error, backOff.next(LONGEST_PAUSE));
        tellTrouble(error);
      }
    },
  };
}

async function readLife({ client, key, signal }: RenewalParts): Promise<KeyLife> {
  const { caller } = await client.call({ query: LIFE, answer: lifeSchema }, signal, key.text);
  return caller.apiKey;
}

/** What was begun is brought to its end: the server may have made the successor, and then the live key has a day left. */
function isDue({ createdAt, expiresAt }: KeyLife, { state }: StateFolder, serverTime: number): boolean {
  if (state.rotation !== null) return true;
  return expiresAt !== null && serverTime >= createdAt + (expiresAt - createdAt) * DUE_AT;
}

/** Each step is on the disk before the next one begins. */
async function rotate({ folder, client, key, signal }: RenewalParts, id: string): Promise<void> {
  const rotationId = await rememberedRotationId(folder);
  const operation = { query: ROTATE, input: { id, rotationId }, answer: rotatedSchema };
  const { rotateApiKey } = await client.call(operation, signal, key.text);
  await folder.save({ ...folder.state, rotation: { rotationId, successor: rotateApiKey.secret } });
}

/** The id under which this key's rotation was tried before, or a new one. */
async function rememberedRotationId(folder: StateFolder): Promise<string> {
  const { rotation } = folder.state;
  if (rotation !== null) return rotation.rotationId;
  const rotationId = randomUUID();
  await folder.save({ ...folder.state, rotation: { rotationId, successor: null } });
  return rotationId;
}

/** In milliseconds: what the server asks for, as far as it can be meant, or else the back-off. */
function pauseAfter(error: ServerFault | AgentFailure, backOff: number): number {
  const asked = error instanceof ServerFault ? (error.refusal?.retryAfterSeconds ?? 0) * 1_000 : 0;
  return Math.max(backOff, Math.min(asked, LONGEST_PAUSE));
}

/** Says what is wrong, and says it again only when something else was in between. */
function makeTroubleTeller({
  apiUrl,
  surroundings,
}: RenewalParts): (error: ServerFault | AgentFailure | undefined) => void {
  let told: string | undefined;
  return (error) => {
    const trouble = error && troubleText(error, apiUrl);
    if (trouble !== undefined && trouble !== told)
      surroundings.warn(`This agent’s key is not renewed: ${trouble} Syncing goes on; trying again.`);
    told = trouble;
  };
}

function troubleText(error: ServerFault | AgentFailure, apiUrl: string): string {
  if (error instanceof AgentFailure) return error.message;
  const { message, refusal } = error;
  const code = refusal ? ` (${refusal.code})` : '';
  const remedy = refusal?.code === 'CONFLICT' ? 'Put its successor into central.api_key and restart the agent.' : '';
  return [`${apiUrl}: ${message}${code}.`, remedy].filter(Boolean).join(' ');
}
