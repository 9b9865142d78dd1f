import * as kinds from './kinds';
import { setting } from './setting';

/** Bounds of what a client may ask and how often. */
export const limitSettings = {
  failuresPerMinute: setting<number>('limits.failures_per_minute', {
    ...kinds.integer(1, 1_000_000),
    default: () => 60,
    description:
      'How many times a minute one address may present a wrong token or key, or a malformed registration. Right ones are let in all the same.',
  }),
  registrationsPerMinute: setting<number>('limits.registrations_per_minute', {
    ...kinds.integer(1, 1_000_000),
    default: () => 600,
    description:
      'How many registrations a minute may fail with one token, on one server; beyond it they are told no reason.',
  }),
  anonymousRequestsPerMinute: setting<number>('limits.anonymous_requests_per_minute', {
    ...kinds.integer(1, 10_000_000),
    default: () => 1_200,
    description:
      'How many GraphQL operations a minute one address may send without a key, on one server. Registrations with a token do not count; agents that ask to be registered do, with some 17 a minute each while the client registry is locked.',
  }),
  requestsPerMinute: setting<number>('limits.requests_per_minute', {
    ...kinds.integer(1, 10_000_000),
    default: () => 30_000,
    description: 'How many requests a minute may be sent with one key, on one server.',
  }),
  bodyLimit: setting<number>('limits.body', {
    ...kinds.integer(1_024, 16_777_216),
    default: () => 262_144,
    description: 'The most bytes that the body of a request may have.',
  }),
  depthLimit: setting<number>('limits.depth', {
    ...kinds.integer(1, 50),
    default: () => 15,
    description:
      'How deep the fields of a GraphQL document may stand in each other. The playground needs 15 to read the schema.',
  }),
  tokenLimit: setting<number>('limits.tokens', {
    ...kinds.integer(100, 50_000),
    default: () => 5_000,
    description:
      'The most tokens, comments included, that a GraphQL document may have, and the most fields and fragments when each fragment is written out wherever it is spread.',
  }),
  aliasLimit: setting<number>('limits.aliases', {
    ...kinds.integer(0, 1_000),
    default: () => 30,
    description:
      'The most aliases that a GraphQL document may have, fragments written out. A field or fragment that stands once more in the same place counts as one.',
  }),
  directiveLimit: setting<number>('limits.directives', {
    ...kinds.integer(0, 1_000),
    default: () => 50,
    description: 'The most directives that a GraphQL document may have, fragments written out.',
  }),
  objectLimit: setting<number>('limits.objects', {
    ...kinds.integer(100, 10_000_000),
    default: () => 50_000,
    description:
      'The most objects that a GraphQL operation may ask for, by the sizes of its pages; a list that has no pages counts as 10.',
  }),
  errorLimit: setting<number>('limits.errors', {
    ...kinds.integer(1, 1_000),
    default: () => 50,
    description: 'The most errors that are looked for in a GraphQL document and its variables, and told in an answer.',
  }),
};
