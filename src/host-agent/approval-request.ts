import { z } from 'zod';
import { credentialFingerprint, hashSecret, parseCredential } from '../access/credential';
import { pairingId } from '../pairing-id';
import { quotable } from '../safe-text';
import type { AgentConfig } from './agent-config';
import type { AgentState } from './agent-state';
import { factsInput, type HostFacts } from './facts/host-facts';
import { idSchema, type ServerClient } from './server-client';
import type { ServerFault } from './server-fault';

const REQUEST = `mutation RequestRegistration($input: RequestRegistrationInput!) {
  requestRegistration(input: $input) { requestId state nonce pairingId pollAfterSeconds message agentId }
}`;

const common = {
  requestId: z.uuid(),
  nonce: z.string().regex(/^[0-9a-f]{64}$/),
  pairingId: z.string(),
  pollAfterSeconds: z.number(),
  message: z
    .string()
    .nullable()
    .transform((text) => (text === null ? null : withoutPairingIds(quotable(text)))),
};

const answerSchema = z.object({
  requestRegistration: z.discriminatedUnion('state', [
    z.object({ ...common, state: z.enum(['PENDING', 'CONFLICTING', 'REJECTED', 'EXPIRED']) }),
    // Without an agent when it was removed since: its key is told so.
    z.object({ ...common, state: z.literal('APPROVED'), agentId: idSchema.nullable() }),
  ]),
});

/** What the server says must not pass for what this agent shows. */
function withoutPairingIds(text: string): string {
  return text.replaceAll(/[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}/g, '[pairing ID]');
}

/** The key that is asked for, and under which node name. */
export type PendingKey = NonNullable<AgentState['pending']>;

/** What has become of a request, the server's texts fit to be shown. */
export type RequestAnswer = z.infer<typeof answerSchema>['requestRegistration'];

/** The same with what this agent computes itself; the fingerprint is of its key alone, with nothing of the server's in it. */
export type PairedAnswer = RequestAnswer & { ownPairingId: string; keyFingerprint: string };

/** Asks, or asks what became of it: of the key the server is sent only what names it and its secret's hash. Throws ServerFault. */
export async function requestRegistration(
  { key, nodeName }: PendingKey,
  facts: HostFacts,
  config: AgentConfig,
  client: ServerClient,
  signal: AbortSignal,
): Promise<PairedAnswer> {
  const { publicId: keyPublicId, secret } = parseCredential(key)!;
  const keySecretHash = hashSecret(secret).toString('hex');
  const input = { keyPublicId, keySecretHash, ...factsInput(facts, config) };
  const { requestRegistration: answer } = await client.call({ query: REQUEST, input, answer: answerSchema }, signal);
  const ownPairingId = pairingId({ keyPublicId, keySecretHash, nodeName, nonce: answer.nonce });
  return { ...answer, ownPairingId, keyFingerprint: credentialFingerprint(keyPublicId, hashSecret(secret)) };
}

/** Whether the server cannot take this key, whoever approves it: it has another one by the same public id. */
export function isKeyUnfit({ refusal }: ServerFault): boolean {
  const fields = refusal?.code === 'BAD_USER_INPUT' ? refusal.fields : undefined;
  return fields?.some(({ path }) => path === 'input.keyPublicId') === true;
}
