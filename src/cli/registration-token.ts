import { CredentialKind } from '../access/credential';
import type { Client } from './client';
import { handedOut } from './handed-out';
import { items, type Page } from './paging';
import type { PlacementInput } from './placement-options';
import { findId } from './public-id';

/** A registration token as the command line shows it. */
export interface RegistrationToken {
  id: string;
  publicId: string;
  description: string | null;
  status: string;
  maxUses: number;
  uses: number;
  nodeName: string | null;
  replaces: { id: string; name: string } | null;
  region: string | null;
  environment: string | null;
  tags: string[];
  labels: { name: string; value: string }[];
  createdBy: { name: string; keyPublicId: string | null };
  createdAt: string;
  expiresAt: string;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

const FIELDS = `id publicId description status maxUses uses nodeName replaces { id name } region environment tags labels { name value }
  createdBy { name keyPublicId } createdAt expiresAt lastUsedAt revokedAt`;

const LIST = `query ($filter: RegistrationTokenFilter, $first: Int, $after: String) {
  registrationTokens(filter: $filter, first: $first, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } }
}`;
const ISSUE = `mutation ($input: IssueRegistrationTokenInput!) {
  issueRegistrationToken(input: $input) { token { ${FIELDS} } secret }
}`;
const REVOKE = `mutation ($input: RevokeRegistrationTokenInput!) {
  revokeRegistrationToken(input: $input) { token { ${FIELDS} } }
}`;

/** Newest first. */
export function registrationTokens(
  client: Client,
  status?: string[],
  limit?: number,
): AsyncGenerator<RegistrationToken> {
  const filter = status === undefined ? {} : { status };
  return items(async (page) => {
    const data = await client.ask<{ registrationTokens: Page<RegistrationToken> }>(LIST, { filter, ...page });
    return data.registrationTokens;
  }, limit);
}

/** What is sent of a new token; the server checks it, and its defaults hold for what is undefined. */
export interface IssueInput extends PlacementInput {
  description: string | undefined;
  ttl: string | undefined;
  maxUses: number | undefined;
  nodeName: string | undefined;
  replacesNodeId: string | undefined;
}

export interface IssuedToken {
  token: RegistrationToken;
  secret: string;
}

export async function issueToken(client: Client, input: IssueInput): Promise<IssuedToken> {
  const data = await client.ask<{ issueRegistrationToken: IssuedToken }>(ISSUE, { input });
  return handedOut(client, data.issueRegistrationToken, [CredentialKind.REGISTRATION_TOKEN]);
}

/** Revokes the token of an id or a public id; a whole secret names its token too. */
export async function revokeToken(client: Client, reference: string): Promise<{ token: RegistrationToken }> {
  const id = await findId(reference, {
    what: 'registration token',
    kinds: [CredentialKind.REGISTRATION_TOKEN],
    list: () => registrationTokens(client),
  });
  const data = await client.ask<{ revokeRegistrationToken: { token: RegistrationToken } }>(REVOKE, { input: { id } });
  return data.revokeRegistrationToken;
}
