import { parseCredential } from '../../src/access/credential';
import { dataOf, type Answer, type GraphQLClient } from '../support/client';
import type { TestServer } from '../support/server';

const KEY = 'id publicId name role status createdAt expiresAt revokedAt misusedAt lastUsedAt';
const ISSUE = `mutation ($input: IssueApiKeyInput!) { issueApiKey(input: $input) { secret apiKey { ${KEY} } } }`;
const ROTATE = `mutation ($input: RotateApiKeyInput!) {
  rotateApiKey(input: $input) { secret apiKey { ${KEY} rotatedFrom { id } } } }`;
/** Without what only an ADMIN may follow. */
const ROTATE_ITSELF = ROTATE.replace('rotatedFrom { id }', '');
const REVOKE = `mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { ${KEY} } } }`;

/** A key that a test was given, with its secret. */
export interface GivenKey {
  secret: string;
  // The shape is the query's above.
  apiKey: any; // oxlint-disable-line typescript/no-explicit-any
}

let names = 0;

/** Sends an order for a VIEWER's key under a fresh name, unless the input says otherwise; whatever comes of it. */
export function tryToIssue(client: GraphQLClient, input: Record<string, unknown> = {}): Promise<Answer> {
  return client(ISSUE, { input: { name: `key ${++names}`, role: 'VIEWER', ...input } });
}

/** Issues a key that must be given. */
export async function issue(admin: GraphQLClient, input: Record<string, unknown> = {}): Promise<GivenKey> {
  return dataOf(await tryToIssue(admin, input)).issueApiKey;
}

/** Has a key replaced, whatever comes of it. */
export function tryToRotate(client: GraphQLClient, id: string, input: Record<string, unknown> = {}): Promise<Answer> {
  return client(ROTATE, { input: { id, ...input } });
}

/** Has a key replaced that must be. */
export async function rotate(client: GraphQLClient, id: string, input = {}): Promise<GivenKey> {
  return dataOf(await tryToRotate(client, id, input)).rotateApiKey;
}

/** Has a key replace itself, whatever comes of it. */
export async function rotateItself(client: GraphQLClient, id: string, input = {}): Promise<Answer> {
  return client(ROTATE_ITSELF, { input: { id, ...input } });
}

export function revoke(admin: GraphQLClient, id: string): Promise<Answer> {
  return admin(REVOKE, { id });
}

/** What a key is told when it is presented: its role, or why it is refused. */
export async function presented(server: Pick<TestServer, 'as'>, key: string): Promise<unknown> {
  const { data, errors } = await server.as(key)('{ caller { role } }');
  return data?.caller.role ?? errors[0]!.extensions['reason'] ?? errors[0]!.extensions['code'];
}

/** The public part of a key. */
export function publicIdOf(key: string): string {
  return parseCredential(key)!.publicId;
}

/** Changes the row of a key behind the server's back: good only for keys that it does not remember. */
export function setKey({ database }: TestServer, key: string, assignments: string): Promise<unknown> {
  return database.query(`UPDATE api_key SET ${assignments} WHERE public_id = $1`, [publicIdOf(key)]);
}

/** The audit rows about a thing, oldest first. */
export function auditRows({ database }: TestServer, targetId: string): Promise<Record<string, unknown>[]> {
  return database.query('SELECT * FROM audit_event WHERE target_id = $1 ORDER BY at, id', [targetId]);
}
