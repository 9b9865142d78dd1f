import { randomUUID } from 'node:crypto';
import { CredentialKind, hashSecret, makeCredential, parseCredential } from '../../src/access/credential';
import { dataOf, type Answer, type GraphQLClient } from '../support/client';
import type { TestDatabase } from '../support/database';
import { startServer, testConfig, type TestServer } from '../support/server';

const UNLOCK = `mutation ($input: UnlockClientRegistryInput!) { unlockClientRegistry(input: $input) { clientRegistry {
  state openUntil openedBy { name keyPublicId } pendingRequests } } }`;

const LOCK = `mutation { lockClientRegistry { clientRegistry { state openUntil openedBy { name } } } }`;

const REGISTRY = `{ clientRegistry { state openUntil openedBy { name keyPublicId } pendingRequests } }`;

const REQUEST = `mutation ($input: RequestRegistrationInput!) { requestRegistration(input: $input) {
  requestId state nonce pairingId pollAfterSeconds message agentId nodeId } }`;

export const REQUEST_FIELDS = `id state pairingId nodeName address os agentVersion postgresqlVersion region environment tags
  labels { name value } keyFingerprint conflictsWith { id name } conflictingKeys remoteAddress requestedAt expiresAt
  decidedAt decidedBy { name keyPublicId } reason granted { replace region environment tags labels { name value } }
  agent { id enrolledBy }`;

const READ = `query ($id: ID!) { registrationRequest(id: $id) { ${REQUEST_FIELDS} } }`;

const LIST = `query ($filter: RegistrationRequestFilter) { registrationRequests(filter: $filter) {
  totalCount nodes { id nodeName state } } }`;

const APPROVE = `mutation ($input: ApproveRegistrationInput!) { approveRegistration(input: $input) {
  request { ${REQUEST_FIELDS} } agent { id runsOn { id name } } } }`;

const REJECT = `mutation ($input: RejectRegistrationInput!) { rejectRegistration(input: $input) {
  request { ${REQUEST_FIELDS} } } }`;

/** A key as an agent makes it for itself. */
export interface AgentKey {
  text: string;
  keyPublicId: string;
  keySecretHash: string;
}

export function makeAgentKey(): AgentKey {
  const { credential, text } = makeCredential(CredentialKind.AGENT_KEY);
  return { text, keyPublicId: credential.publicId, keySecretHash: hashSecret(credential.secret).toString('hex') };
}

export function tryToUnlock(admin: GraphQLClient, duration?: string): Promise<Answer> {
  return admin(UNLOCK, { input: { duration } });
}

export async function unlock(admin: GraphQLClient, duration?: string) {
  return dataOf(await tryToUnlock(admin, duration)).unlockClientRegistry.clientRegistry;
}

export function tryToLock(admin: GraphQLClient): Promise<Answer> {
  return admin(LOCK);
}

export async function lock(admin: GraphQLClient) {
  return dataOf(await tryToLock(admin)).lockClientRegistry.clientRegistry;
}

export async function readRegistry(admin: GraphQLClient) {
  return dataOf(await admin(REGISTRY)).clientRegistry;
}

/** A request as its agent is answered. */
export interface Asked {
  requestId: string;
  state: string;
  nonce: string;
  pairingId: string;
  pollAfterSeconds: number;
  message: string | null;
  agentId: string | null;
  nodeId: string | null;
}

/** Asks to be registered, whatever comes of it. */
export function tryToAsk(client: GraphQLClient, key: AgentKey, input: Record<string, unknown> = {}): Promise<Answer> {
  const { keyPublicId, keySecretHash } = key;
  return client(REQUEST, { input: { keyPublicId, keySecretHash, node: { name: `node-${randomUUID()}` }, ...input } });
}

export async function ask(
  client: GraphQLClient,
  key: AgentKey,
  name: string,
  input: Record<string, unknown> = {},
): Promise<Asked> {
  return dataOf(await tryToAsk(client, key, { node: { name }, ...input })).requestRegistration;
}

export async function readRequest(admin: GraphQLClient, id: string) {
  return dataOf(await admin(READ, { id })).registrationRequest;
}

export async function listRequests(admin: GraphQLClient, filter?: Record<string, unknown>) {
  return dataOf(await admin(LIST, { filter })).registrationRequests;
}

/** Approves by what the agent was answered, whatever comes of it. */
export function tryToApprove(
  admin: GraphQLClient,
  { requestId, pairingId }: Pick<Asked, 'requestId' | 'pairingId'>,
  input: Record<string, unknown> = {},
): Promise<Answer> {
  return admin(APPROVE, { input: { requestId, pairingId, ...input } });
}

export async function approve(
  admin: GraphQLClient,
  asked: Pick<Asked, 'requestId' | 'pairingId'>,
  input: Record<string, unknown> = {},
) {
  return dataOf(await tryToApprove(admin, asked, input)).approveRegistration;
}

export function tryToReject(admin: GraphQLClient, requestId: string, reason?: string): Promise<Answer> {
  return admin(REJECT, { input: { requestId, reason } });
}

export async function reject(admin: GraphQLClient, requestId: string, reason?: string) {
  return dataOf(await tryToReject(admin, requestId, reason)).rejectRegistration.request;
}

/** An agent that is let in at once, under a registry that is open. */
export async function letIn(admin: GraphQLClient, name: string, input: Record<string, unknown> = {}) {
  const key = makeAgentKey();
  const asked = await ask(admin, key, name, input);
  const { agent } = await approve(admin, asked);
  return { key, asked, agentId: agent.id as string, nodeId: agent.runsOn.id as string };
}

/** What the audit trail calls a key. */
export function publicIdOf(key: string): string {
  return parseCredential(key)!.publicId;
}

/** A server whose registry is open, with room for as many requests as a test file makes. */
export async function openServer(overrides: Parameters<typeof startServer>[0] = {}): Promise<TestServer> {
  const server = await startServer({
    ...overrides,
    clientRegistry: { ...testConfig().clientRegistry, pendingPerAddress: 1_000, rejectionCoolDownSeconds: 600 },
  });
  await unlock(server.admin, '1h');
  return server;
}

/** As if nobody had decided on a request for longer than it waits. */
export async function expire({ query }: TestDatabase, id: string): Promise<void> {
  await query(`UPDATE registration_request SET expires_at = clock_timestamp() - interval '1 ms' WHERE id = $1`, [id]);
}
