import * as kinds from './kinds';
import { setting } from './setting';

/** How agents without a token ask to be registered. */
export const clientRegistrySettings = {
  clientRegistryUnlockDuration: setting<number>('client_registry.unlock_duration', {
    ...kinds.duration('1s', '24h'),
    default: () => 300,
    description: 'For how long the client registry is unlocked when an administrator does not say.',
  }),
  clientRegistryPermanentlyOpen: setting<boolean>('client_registry.permanently_open', {
    ...kinds.boolean(),
    default: () => false,
    description:
      'Whether agents may ask to be registered at any time. Nothing is approved by that, but anybody who reaches the server may then fill the list of requests.',
  }),
  clientRegistryRequestTtl: setting<number>('client_registry.request_ttl', {
    ...kinds.duration('1m', '30d'),
    default: () => 3_600,
    description: 'How long a registration request waits for a decision.',
  }),
  clientRegistryRejectionCoolDown: setting<number>('client_registry.rejection_cool_down', {
    ...kinds.duration('0s', '30d'),
    default: () => 3_600,
    description: 'How long a rejected key is told so, before it may ask anew.',
  }),
  clientRegistryPendingPerAddress: setting<number>('client_registry.pending_per_address', {
    ...kinds.integer(1, 100_000),
    default: () => 20,
    description: 'How many registration requests of one address (IPv6: one /64) may wait for a decision.',
  }),
  clientRegistryPendingRequests: setting<number>('client_registry.pending_requests', {
    ...kinds.integer(1, 100_000),
    default: () => 1_000,
    description:
      'How many registration requests may wait for a decision in all. As many that expired or were rejected are kept.',
  }),
};
