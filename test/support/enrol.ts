import { randomUUID } from 'node:crypto';
import { dataOf, type Answer, type GraphQLClient } from './client';

const ISSUE = `mutation ($input: IssueRegistrationTokenInput!) {
  issueRegistrationToken(input: $input) { secret token { id publicId } } }`;

const REGISTER = `mutation ($input: RegisterAgentInput!) {
  registerAgent(input: $input) { agentId nodeId serviceId secret syncIntervalSeconds } }`;

const SYNC = `mutation ($input: SyncAgentInput!) { syncAgent(input: $input) { syncAfterSeconds generation serverTime } }`;

/** Asks for a registration token, whatever comes of it. */
export function tryToIssue(admin: GraphQLClient, input: Record<string, unknown> = {}): Promise<Answer> {
  return admin(ISSUE, { input });
}

/** Issues a registration token. */
export async function issueToken(
  admin: GraphQLClient,
  input: Record<string, unknown> = {},
): Promise<{ secret: string; token: { id: string; publicId: string } }> {
  return dataOf(await tryToIssue(admin, input)).issueRegistrationToken;
}

/** Sends a registration, whatever comes of it. */
export function tryToRegister(
  client: GraphQLClient,
  token: string,
  input: Record<string, unknown> = {},
): Promise<Answer> {
  return client(REGISTER, { input: { token, node: { name: `node-${randomUUID()}` }, ...input } });
}

export interface Enrolled {
  agentId: string;
  nodeId: string;
  serviceId: string | null;
  secret: string;
  syncIntervalSeconds: number;
}

/** Enrols an agent that must be let in. */
export async function register(
  client: GraphQLClient,
  token: string,
  input: Record<string, unknown> = {},
): Promise<Enrolled> {
  return dataOf(await tryToRegister(client, token, input)).registerAgent;
}

/** A fresh token, used at once. */
export async function enrol(admin: GraphQLClient, input: Record<string, unknown> = {}): Promise<Enrolled> {
  return register(admin, (await issueToken(admin)).secret, input);
}

/** Of hosts that were not started again meanwhile. */
const BOOT_ID = randomUUID();

/** Sends a sync, whatever comes of it. */
export function sync(agent: GraphQLClient, input: Record<string, unknown> = {}): Promise<Answer> {
  return agent(SYNC, { input: { bootId: BOOT_ID, ...input } });
}
