import type { Approved, Placement, RegistrationRequest } from './client-registry';
import { conflictCell, conflictText, shortened } from './conflict-text';
import { properties, table } from './output';
import { instantAndDistance, relative } from './time';

export const REQUEST_HEADER = [
  'ID',
  'PAIRING ID',
  'NAME',
  'STATE',
  'FROM',
  'ASKED',
  'OS',
  'POSTGRESQL',
  'AGENT',
  'KEY',
  'CONFLICTS WITH',
];

export function requestRow(request: RegistrationRequest): string[] {
  const { id, pairingId, nodeName, state, remoteAddress, requestedAt, keyFingerprint } = request;
  const { os, postgresqlVersion, agentVersion } = request;
  const versions = [os, postgresqlVersion, agentVersion].map((text) => cut(text ?? ''));
  const keys = [shortened(keyFingerprint), conflictCell(request)];
  return [id, pairingId, nodeName, state, remoteAddress, relative(requestedAt), ...versions, ...keys];
}

const WIDEST = 40;

/** What anybody may have sent must not push the rest out of sight. */
function cut(text: string): string {
  return text.length > WIDEST ? `${text.slice(0, WIDEST)}…` : text;
}

/** What is known of a request, what it asks for and what it is given, for people. The pairing ID only if it is to be shown. */
export function requestText(
  request: RegistrationRequest,
  { granted, showsPairingId }: { granted: Placement | null; showsPairingId: boolean },
): string {
  const parts = [facts(request, showsPairingId), placementTable(request, granted), conflictText(request)];
  return parts.filter(Boolean).join('\n\n');
}

function facts(request: RegistrationRequest, showsPairingId: boolean): string {
  const { decidedBy, decidedAt } = request;
  return properties([
    ['Name', request.nodeName],
    ['Id', request.id],
    ['Pairing ID', showsPairingId ? request.pairingId : null],
    ['State', request.state],
    ['From', request.remoteAddress],
    ['Address', request.address],
    ['OS', request.os],
    ['PostgreSQL', request.postgresqlVersion],
    ['Agent', request.agentVersion],
    ['Key fingerprint', request.keyFingerprint],
    ['Asked', instantAndDistance(request.requestedAt)],
    ['Expires', decidedBy === null ? instantAndDistance(request.expiresAt) : null],
    ['Decided', decidedBy && `${instantAndDistance(decidedAt)} by ${decidedBy.name}`],
    ['Reason', request.reason],
    ['Host agent', request.agent?.id],
  ]);
}

const PLACEMENT: [name: string, text: (placement: Placement) => string | null][] = [
  ['Region', ({ region }) => region],
  ['Environment', ({ environment }) => environment],
  ['Tags', ({ tags }) => tags.join(', ')],
  ['Labels', ({ labels }) => labels.map(({ name, value }) => `${name}=${value}`).join(', ')],
];

/** What it says of itself beside what it is given, where there is any of either. */
function placementTable(asked: Placement, granted: Placement | null): string {
  const rows = PLACEMENT.map(([name, text]) => [name, text(asked) ?? '', (granted && text(granted)) ?? ''] as const);
  const told = rows.filter(([, ask, grant]) => ask || grant).map((row) => [...row]);
  if (told.length === 0) return '';
  if (rows.every(([, , grant]) => grant === '')) return table(['', 'ASKED'], told);
  return `${table(['', 'ASKED', 'GRANTED'], told)}\nWhat is granted wins; tags and labels are joined.`;
}

/** What an approval came to. */
export function approvedText({ agent }: Approved): string {
  return `${properties([
    ['Host agent', agent.id],
    ['Node', `${agent.runsOn.name} (${agent.runsOn.id})`],
  ])}
The request is approved: the agent begins by itself, within seconds.`;
}
