import { printable } from '../safe-text';
import type { ClientRegistry } from './client-registry';
import { properties } from './output';
import { instantAndDistance } from './time';

/** Whether agents may ask, who waits, and what to do next, for people. */
export function registryText(registry: ClientRegistry): string {
  const { state, openUntil, openedBy, pendingRequests } = registry;
  return `${properties([
    ['State', state],
    ['Until', isPermanent(registry) ? PERMANENT : openUntil && instantAndDistance(openUntil)],
    ['Opened by', openedBy?.name],
    ['Waiting', requests(pendingRequests)],
  ])}

Next: ${nextStep(registry)}`;
}

/** What unlocking it came to. */
export function unlockedText(registry: ClientRegistry): string {
  const end = isPermanent(registry)
    ? `${PERMANENT}.`
    : `until ${instantAndDistance(registry.openUntil)}, and locks itself then.`;
  return `${printable(`The client registry is open ${end}`)}
Nothing is approved by that: "rollcall request approve" approves one request at a time.`;
}

/** What locking it came to. */
export function lockedText({ pendingRequests }: ClientRegistry): string {
  const waiting =
    pendingRequests === 0 ? 'None waits' : `${requests(pendingRequests)} made before can still be decided`;
  return `The client registry is locked: no agent can ask any more. ${waiting}.`;
}

const PERMANENT = 'permanently, by the setting client_registry.permanently_open';

function isPermanent({ state, openUntil }: ClientRegistry): boolean {
  return state === 'OPEN' && openUntil === null;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

function nextStep({ state, pendingRequests }: ClientRegistry): string {
  if (pendingRequests > 0) return 'rollcall request list';
  return state === 'OPEN'
    ? 'rollcall agent --config config.yml, on a host without a token'
    : 'rollcall registry unlock';
}
