import type { GraphQLSchema } from 'graphql';
import { gzipSync } from 'node:zlib';
import { operationOf } from './documents';
import type { Random } from './random';
import { CANARY, CREDENTIAL, hostileText, hostileValue, type Known } from './values';

/** What is known of the server under test. */
export interface Target {
  schema: GraphQLSchema;
  known: Known;
  /** Good keys of every role, an administrator's first. */
  keys: string[];
}

/** A request as it goes over the wire. */
export interface HostileRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
}

/** The longest path: a longer one is refused by Node itself. */
const LONGEST_PATH = 12_000;

/** A request to one of the routes that take what outsiders send. */
export function requestOf(random: Random, target: Target): HostileRequest {
  const kind = random.integer(1, 20);
  if (kind <= 13) return posted(random, '/graphql', graphqlBody(random, target), target);
  if (kind <= 16) return got(random, target);
  if (kind <= 19) return posted(random, '/api/v1/register', registration(random, target.known), target);
  return strayed(random, target);
}

function posted(random: Random, path: string, body: unknown, target: Target): HostileRequest {
  const contentType = random.chance(0.97)
    ? 'application/json'
    : random.pick([
        'text/plain',
        'application/json; charset=utf-16',
        `application/${CANARY}`,
        'application/graphql',
        '',
        ';;',
      ]);
  const bytes = encoded(random, random.chance(0.92) ? JSON.stringify(body) : brokenJson(random, JSON.stringify(body)));
  return { method: 'POST', path, headers: { ...headersOf(random, target), 'content-type': contentType }, body: bytes };
}

function graphqlBody(random: Random, target: Target): unknown {
  const { query, variables } = operationOf(random, target.schema, target.known);
  if (random.chance(0.02)) return hostileValue(random);
  if (random.chance(0.02)) return random.some(3, () => ({ query }));
  return {
    query: random.chance(0.99) ? query : hostileValue(random),
    variables: random.chance(0.97) ? variables : hostileValue(random),
    ...(random.chance(0.05) && {
      operationName: random.pick<unknown>(['Q', null, CANARY, CREDENTIAL, 7, '__proto__']),
    }),
    ...(random.chance(0.03) && { extensions: random.chance(0.5) ? hostileValue(random) : persisted(random) }),
    ...(random.chance(0.03) && { constructor: { name: CANARY } }),
  };
}

function persisted(random: Random): unknown {
  return {
    persistedQuery: { version: random.pick([1, 2, CANARY]), sha256Hash: random.pick(['a'.repeat(64), CANARY]) },
  };
}

function got(random: Random, target: Target): HostileRequest {
  const { query, variables } = operationOf(random, target.schema, target.known);
  const search = new URLSearchParams({ query });
  if (random.chance(0.7))
    search.set(
      'variables',
      random.chance(0.8) ? JSON.stringify(variables) : brokenJson(random, JSON.stringify(variables)),
    );
  if (random.chance(0.1))
    search.append(
      random.pick(['query', 'variables', 'extensions', 'operationName']),
      JSON.stringify(hostileValue(random)),
    );
  let path = `/graphql?${search.toString()}`;
  if (random.chance(0.1)) path = path.replaceAll('%', random.pick(['%%', '%zz%', '']));
  const headers = headersOf(random, target);
  if (random.chance(0.9)) headers['apollo-require-preflight'] = 'yes';
  return {
    method: 'GET',
    path: path.slice(0, LONGEST_PATH),
    headers: { accept: 'application/json', ...headers },
    body: null,
  };
}

function registration(random: Random, known: Known): unknown {
  if (random.chance(0.1)) return hostileValue(random);
  const members = ['registration_id', 'os', 'postgresql_version', 'environment', 'datacenter', 'tags', CANARY];
  return {
    token: random.pick<unknown>([...known.tokens, CREDENTIAL, CANARY, hostileValue(random)]),
    hostname: random.pick<unknown>([...known.names, 'fuzzed', hostileText(random), hostileValue(random)]),
    ...Object.fromEntries(members.filter(() => random.chance(0.3)).map((member) => [member, hostileValue(random)])),
  };
}

/** Another address or method, or a Host that is none. */
function strayed(random: Random, target: Target): HostileRequest {
  const path = random.pick([
    `/${CANARY}`,
    `/%zz${CANARY}`,
    `/graphql/${CANARY}`,
    '//graphql',
    '/graphql?query={version{version}}#',
    `/assets/${CANARY}`,
    `/assets/%2e%2e%2f${CANARY}`,
    `/assets/%00${CANARY}`,
    '/v1/version',
    '/readyz',
  ]);
  const method = random.pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);
  const host = random.pick(['[', 'a b', `${CANARY}%`, '', `${CANARY}:99999`, 'localhost']);
  return { method, path, headers: { accept: 'application/json', ...headersOf(random, target), host }, body: null };
}

function headersOf(random: Random, { keys }: Target): Record<string, string> {
  const headers: Record<string, string> = {};
  if (random.chance(0.9))
    headers['authorization'] = random.chance(0.95)
      ? `Bearer ${random.chance(0.7) ? keys[0]! : random.pick(keys)}`
      : random.pick([
          `Bearer ${CREDENTIAL}`,
          `Basic ${CANARY}`,
          CANARY,
          'Bearer ',
          `bearer  ${CREDENTIAL} ${CREDENTIAL}`,
        ]);
  if (random.chance(0.2))
    headers['accept'] = random.pick([
      'application/json',
      'application/graphql-response+json',
      '*/*',
      CANARY,
      'text/html',
      ',;q=',
      'multipart/mixed',
    ]);
  if (random.chance(0.05)) headers['x-forwarded-for'] = random.pick([CANARY, '::1, 10.0.0.1', ',,,', '999.1.1.1']);
  if (random.chance(0.03)) headers['content-encoding'] = random.pick(['gzip', 'br', CANARY]);
  return headers;
}

/** JSON that a careless reader would take otherwise than a careful one, or not at all. */
function brokenJson(random: Random, json = 'null'): string {
  const place = random.integer(0, json.length);
  return random.pick([
    () => json.slice(0, place),
    () =>
      `${json.slice(0, place)}${random.pick(['"', '{', '}', '[', ',', '\\', '\u0000', '\ufeff', CANARY])}${json.slice(place)}`,
    () => json.replace('{', `{"query":"{ version { version } }",`),
    () => json.replace('{', '{"__proto__":{"query":"{ __typename }"},'),
    () => json.replace('{', '{"constructor":{"prototype":{"query":1}},'),
    () => json.replaceAll('a', '\\u0061'),
    () => `${'['.repeat(place * 50)}${json}`,
    () => `{"query":${json},"variables":${'{"a":'.repeat(70)}1${'}'.repeat(70)}}`,
    () => `\ufeff${json}`,
    () => `${json}${' '.repeat(300_000)}`,
    () => json.replace(/:/, `:${'9'.repeat(400)},"x":`),
  ])();
}

function encoded(random: Random, text: string): Buffer {
  if (random.chance(0.97)) return Buffer.from(text);
  return random.pick([
    () => Buffer.from(text, 'utf16le'),
    () => gzipSync(text),
    () => Buffer.from(`${text}\u00ff`, 'latin1'),
    () => Buffer.alloc(0),
  ])();
}
