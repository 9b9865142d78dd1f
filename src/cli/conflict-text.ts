import { printable } from '../safe-text';
import type { RegistrationRequest } from './client-registry';
import { properties } from './output';
import { relative } from './time';

/** What stands in the way of a request, for a list. */
export function conflictCell({ state, conflictsWith, conflictingKeys }: RegistrationRequest): string {
  if (state !== 'CONFLICTING') return '';
  const keys = conflictingKeys.length === 0 ? 'without a key' : conflictingKeys.map(shortened).join(', ');
  return `${conflictsWith === null ? 'request' : 'node'} ${keys}`;
}

/** Enough of a fingerprint to tell it from others in a list; whoever compares looks at all of it. */
export function shortened(fingerprint: string): string {
  return `${fingerprint.slice(0, 12)}…`;
}

/** Who has the name, the keys on both sides, and what --replace would end. */
export function conflictText({
  state,
  nodeName,
  keyFingerprint,
  conflictsWith,
  conflictingKeys,
}: RegistrationRequest): string {
  if (state !== 'CONFLICTING') return '';
  const owner =
    conflictsWith === null
      ? `an older request asks for the name ${nodeName}.`
      : `the name belongs to the node ${conflictsWith.name} (${conflictsWith.id}), ${conflictsWith.status}, last seen ${relative(conflictsWith.lastSeenAt)}.`;
  const keys = properties([
    ['  Key that asks', keyFingerprint],
    ...conflictingKeys.map((key): [string, string] => ['  Key against it', key]),
  ]);
  return [printable(`CONFLICT: ${owner}`), keys, printable(replaceText(conflictsWith))].join('\n');
}

function replaceText(node: RegistrationRequest['conflictsWith']): string {
  if (node === null) return 'With --replace this agent gets the name, and the older request is the one in conflict.';
  const rest = 'ids, services, labels and history of the node stay.';
  return node.hostAgent === null
    ? `With --replace the node, which has no host agent, gets this one; ${rest}`
    : `With --replace this agent takes the place of ${node.hostAgent.id}, whose key ends; ${rest}`;
}
