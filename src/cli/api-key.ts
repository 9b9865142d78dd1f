import { randomUUID } from 'node:crypto';
import { CredentialKind } from '../access/credential';
import type { Client } from './client';
import { CommandFailure } from './failure';
import { handedOut } from './handed-out';
import { isId } from './inventory';
import { items, type Page } from './paging';
import { findId, publicIdOf } from './public-id';

/** An API key as the command line shows it. */
export interface ApiKey {
  id: string;
  publicId: string;
  name: string;
  role: string;
  status: string;
  fingerprint: string;
  createdBy: { name: string; keyPublicId: string | null };
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
  misusedAt: string | null;
}

/** With what only an administrator may follow. */
export interface ListedKey extends ApiKey {
  agent: { id: string } | null;
  rotatedFrom: { id: string; publicId: string } | null;
}

const FIELDS = `id publicId name role status fingerprint createdBy { name keyPublicId }
  createdAt expiresAt lastUsedAt revokedAt misusedAt`;
const LISTED_FIELDS = `${FIELDS} agent { id } rotatedFrom { id publicId }`;

const LIST = `query ($filter: ApiKeyFilter, $first: Int, $after: String) {
  apiKeys(filter: $filter, first: $first, after: $after) { nodes { ${LISTED_FIELDS} } pageInfo { hasNextPage endCursor } }
}`;
const CALLER = 'query { caller { apiKey { id publicId } } }';
const ROLE = 'query ($id: ID!) { apiKey(id: $id) { role } }';
const ISSUE = `mutation ($input: IssueApiKeyInput!) { issueApiKey(input: $input) { apiKey { ${LISTED_FIELDS} } secret } }`;
const ROTATE = `mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) { apiKey { ${FIELDS} } secret } }`;
const REVOKE = `mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKey { ${LISTED_FIELDS} } } }`;

const KINDS = [CredentialKind.USER_KEY, CredentialKind.AGENT_KEY];

/** Newest first. The filter is the contract's ApiKeyFilter. */
export function apiKeys(client: Client, filter: Record<string, unknown>, limit?: number): AsyncGenerator<ListedKey> {
  return items(async (page) => {
    const data = await client.ask<{ apiKeys: Page<ListedKey> }>(LIST, { filter, ...page });
    return data.apiKeys;
  }, limit);
}

/** What is sent of a new key; the server checks it, and its defaults hold for what is undefined. */
export interface IssueInput {
  name: string;
  role: string;
  ttl: string | undefined;
  neverExpires: true | undefined;
}

export interface IssuedKey<Key = ApiKey> {
  apiKey: Key;
  secret: string;
}

export async function issueKey(client: Client, input: IssueInput): Promise<IssuedKey<ListedKey>> {
  const data = await client.ask<{ issueApiKey: IssuedKey<ListedKey> }>(ISSUE, { input });
  return handedOut(client, data.issueApiKey, [CredentialKind.USER_KEY]);
}

/** The key that a reference names, and whether it is the one that asks. */
export interface NamedKey {
  id: string;
  isOwn: boolean;
}

/** The key of an id, a public id or a whole secret. One's own is found by whoever has it; others need ADMIN. */
export async function findKey(client: Client, reference: string): Promise<NamedKey> {
  const { caller } = await client.ask<{ caller: { apiKey: { id: string; publicId: string } } }>(CALLER);
  const own = caller.apiKey;
  const isOwn = isId(reference) ? reference.toLowerCase() === own.id : publicIdOf(reference, KINDS) === own.publicId;
  return { id: isOwn ? own.id : await idOf(client, reference), isOwn };
}

/** Tells agents' keys from those of people and scripts. Needs ADMIN. */
export async function roleOf(client: Client, id: string): Promise<string | undefined> {
  const { apiKey } = await client.ask<{ apiKey: { role: string } | null }>(ROLE, { id });
  return apiKey?.role;
}

/**
 * Gives the key a successor. An answer that is lost is asked for once more, under the same rotation: the successor that was made
 * already is given, and no second one.
 */
export async function rotateKey(client: Client, id: string, grace: string | undefined): Promise<IssuedKey> {
  const input = { id, grace, rotationId: randomUUID() };
  const ask = () => client.ask<{ rotateApiKey: IssuedKey }>(ROTATE, { input });
  const { rotateApiKey } = await ask().catch((error: unknown) => {
    if (error instanceof CommandFailure && error.details.retryable) return ask();
    throw error;
  });
  return handedOut(client, rotateApiKey, KINDS);
}

export async function revokeKey(client: Client, reference: string): Promise<{ apiKey: ListedKey }> {
  const input = { id: await idOf(client, reference) };
  const data = await client.ask<{ revokeApiKey: { apiKey: ListedKey } }>(REVOKE, { input });
  return data.revokeApiKey;
}

function idOf(client: Client, reference: string): Promise<string> {
  return findId(reference, { what: 'API key', kinds: KINDS, list: () => apiKeys(client, {}) });
}
