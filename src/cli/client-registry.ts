import { comparablePairingId } from '../pairing-id';
import { ExitCode } from '../exit-code';
import type { Client } from './client';
import { CommandFailure, notFound, usageFailure } from './failure';
import { isId } from './inventory';
import { items, type Page } from './paging';
import type { PlacementInput } from './placement-options';

/** The client registry as the command line shows it. */
export interface ClientRegistry {
  state: string;
  openUntil: string | null;
  openedBy: { name: string; keyPublicId: string | null } | null;
  pendingRequests: number;
}

/** What an agent asks for, or an administrator gives it. */
export interface Placement {
  region: string | null;
  environment: string | null;
  tags: string[];
  labels: { name: string; value: string }[];
}

/** The node whose name a request asks for. */
export interface ConflictingNode {
  id: string;
  name: string;
  status: string;
  lastSeenAt: string | null;
  hostAgent: { id: string } | null;
}

/** A registration request as the command line shows it. */
export interface RegistrationRequest extends Placement {
  id: string;
  pairingId: string;
  nodeName: string;
  state: string;
  remoteAddress: string;
  address: string | null;
  os: string | null;
  agentVersion: string | null;
  postgresqlVersion: string | null;
  keyFingerprint: string;
  conflictsWith: ConflictingNode | null;
  conflictingKeys: string[];
  requestedAt: string;
  expiresAt: string;
  decidedAt: string | null;
  decidedBy: { name: string; keyPublicId: string | null } | null;
  reason: string | null;
  granted: (Placement & { replace: boolean }) | null;
  agent: { id: string } | null;
}

const REGISTRY_FIELDS = 'state openUntil openedBy { name keyPublicId } pendingRequests';
const PLACEMENT = 'region environment tags labels { name value }';
const FIELDS = `id pairingId nodeName state remoteAddress address os agentVersion postgresqlVersion ${PLACEMENT}
  keyFingerprint conflictsWith { id name status lastSeenAt hostAgent { id } } conflictingKeys requestedAt expiresAt
  decidedAt decidedBy { name keyPublicId } reason granted { replace ${PLACEMENT} } agent { id }`;

const REGISTRY = `query { clientRegistry { ${REGISTRY_FIELDS} } }`;
const UNLOCK = `mutation ($input: UnlockClientRegistryInput!) {
  unlockClientRegistry(input: $input) { clientRegistry { ${REGISTRY_FIELDS} } }
}`;
const LOCK = `mutation { lockClientRegistry { clientRegistry { ${REGISTRY_FIELDS} } } }`;
const LIST = `query ($filter: RegistrationRequestFilter, $first: Int, $after: String) {
  registrationRequests(filter: $filter, first: $first, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } }
}`;
const REQUEST = `query ($id: ID!) { registrationRequest(id: $id) { ${FIELDS} } }`;
const APPROVE = `mutation ($input: ApproveRegistrationInput!) {
  approveRegistration(input: $input) { request { ${FIELDS} } agent { id runsOn { id name } } }
}`;
const REJECT = `mutation ($input: RejectRegistrationInput!) { rejectRegistration(input: $input) { request { ${FIELDS} } } }`;

/** The states of a request that nobody has decided on yet. */
export const WAITING = ['PENDING', 'CONFLICTING'];

interface RegistryPayload {
  clientRegistry: ClientRegistry;
}

export async function clientRegistry(client: Client): Promise<ClientRegistry> {
  const data = await client.ask<RegistryPayload>(REGISTRY);
  return data.clientRegistry;
}

/** For as long as the server is set when no duration is given. */
export async function unlockRegistry(client: Client, duration: string | undefined): Promise<RegistryPayload> {
  const data = await client.ask<{ unlockClientRegistry: RegistryPayload }>(UNLOCK, { input: { duration } });
  return data.unlockClientRegistry;
}

export async function lockRegistry(client: Client): Promise<RegistryPayload> {
  const data = await client.ask<{ lockClientRegistry: RegistryPayload }>(LOCK);
  return data.lockClientRegistry;
}

/** Newest first; those of every state when none is given. */
export function registrationRequests(
  client: Client,
  state?: string[],
  limit?: number,
): AsyncGenerator<RegistrationRequest> {
  const filter = state === undefined ? {} : { state };
  return items(async (page) => {
    const data = await client.ask<{ registrationRequests: Page<RegistrationRequest> }>(LIST, { filter, ...page });
    return data.registrationRequests;
  }, limit);
}

/** The request of an id, whatever became of it; or of the pairing ID of one that waits, in any case, with or without its dash. */
export async function findRequest(client: Client, reference: string): Promise<RegistrationRequest> {
  if (!isId(reference)) return findWaiting(client, reference);
  const data = await client.ask<{ registrationRequest: RegistrationRequest | null }>(REQUEST, { id: reference });
  if (data.registrationRequest === null) throw notFound('registration request');
  return data.registrationRequest;
}

async function findWaiting(client: Client, pairingId: string): Promise<RegistrationRequest> {
  const wanted = comparablePairingId(pairingId);
  const found: RegistrationRequest[] = [];
  for await (const request of registrationRequests(client, WAITING))
    if (comparablePairingId(request.pairingId) === wanted) found.push(request);
  if (found.length > 1) throw usageFailure('Several requests that wait have this pairing ID: give the id of one.');
  if (found[0]) return found[0];
  throw new CommandFailure(ExitCode.NOT_FOUND, 'NOT_FOUND', 'No registration request that waits has this pairing ID.', {
    hint: 'Compare it with what the agent shows; "rollcall request list" has those that wait.',
  });
}

/** What is sent to approve; the server compares id and pairing ID, and checks the rest. */
export interface ApproveInput extends PlacementInput {
  requestId: string;
  pairingId: string;
  replace: true | undefined;
}

export interface Approved {
  request: RegistrationRequest;
  agent: { id: string; runsOn: { id: string; name: string } };
}

export async function approveRequest(client: Client, input: ApproveInput): Promise<Approved> {
  const data = await client.ask<{ approveRegistration: Approved }>(APPROVE, { input });
  return data.approveRegistration;
}

export async function rejectRequest(
  client: Client,
  requestId: string,
  reason: string | undefined,
): Promise<{ request: RegistrationRequest }> {
  const input = { requestId, reason };
  const data = await client.ask<{ rejectRegistration: { request: RegistrationRequest } }>(REJECT, { input });
  return data.rejectRegistration;
}
