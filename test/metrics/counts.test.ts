import { randomUUID } from 'node:crypto';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { letIn, unlock } from '../client-registry/requests';
import { eventually } from '../database/embedded/data-folders';
import { enrol, issueToken, register, sync, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { scrape } from './scrape';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const seen = () => scrape(server.url, server.keys.VIEWER);

/** By how much each series went up while something was done; those that stayed are left out. */
async function risen(action: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = (await seen()).series;
  await action();
  const after = Object.entries((await seen()).series);
  return Object.fromEntries(
    after.map(([name, value]) => [name, value - (before[name] ?? 0)] as const).filter(([, by]) => by > 0),
  );
}

const asked = (operation: string, field: string, code: string) =>
  `rollcall_graphql_requests_total{operation="${operation}",field="${field}",code="${code}"}`;
const enrolled = (method: string, code: string) => `rollcall_enrolments_total{method="${method}",code="${code}"}`;

const unknown = () => makeCredential(CredentialKind.REGISTRATION_TOKEN).text;
const post = (body: object) =>
  fetch(`${server.url}/api/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('counts', () => {
  let agentKey: string;
  beforeAll(async () => {
    agentKey = (await enrol(server.admin)).secret;
  });
  test.each<[what: string, action: () => Promise<unknown>, counted: string]>([
    ['a query', () => server.viewer('{ nodes { totalCount } }'), asked('query', 'nodes', 'OK')],
    [
      'a field behind an alias and in fragments, by its own name',
      () =>
        server.viewer(
          'query { ... { a: services { totalCount } } ...f } fragment f on Query { agents { totalCount } }',
        ),
      asked('query', 'services', 'OK'),
    ],
    [
      'a field that is denied',
      () => server.viewer('{ apiKeys { totalCount } }'),
      asked('query', 'apiKeys', 'FORBIDDEN'),
    ],
    [
      'a mutation that is refused',
      () => server.editor('mutation { removeNode(input: { id: "x" }) { nodeId } }'),
      asked('mutation', 'removeNode', 'NOT_FOUND'),
    ],
    ['what is no GraphQL', () => server.viewer('{'), asked('none', 'none', 'GRAPHQL_PARSE_FAILED')],
    ['what is not valid', () => server.viewer('{ x }'), asked('none', 'none', 'GRAPHQL_VALIDATION_FAILED')],
    ['a key that is not good', () => server.as('nonsense')('{ __typename }'), asked('none', 'none', 'UNAUTHENTICATED')],
    ['a registration', () => enrol(server.admin), enrolled('TOKEN', 'OK')],
    [
      'a registration with an unknown token',
      () => tryToRegister(server.anonymous, unknown()),
      enrolled('TOKEN', 'TOKEN_INVALID'),
    ],
    [
      'a registration with a token that was used',
      async () => {
        const { secret } = await issueToken(server.admin);
        await register(server.anonymous, secret);
        await tryToRegister(server.anonymous, secret);
      },
      enrolled('TOKEN', 'TOKEN_USED'),
    ],
    [
      'a registration by plain HTTP',
      async () => post({ token: (await issueToken(server.admin)).secret, hostname: `h-${randomUUID()}` }),
      enrolled('TOKEN', 'OK'),
    ],
    ['one that is refused there', () => post({ token: unknown(), hostname: 'h' }), enrolled('TOKEN', 'TOKEN_INVALID')],
    [
      'an approval',
      async () => {
        await unlock(server.admin);
        await letIn(server.admin, 'let-in');
      },
      enrolled('APPROVAL', 'OK'),
    ],
    ['a sync', () => sync(server.as(agentKey)), 'rollcall_syncs_total{code="OK"}'],
    ['a sync of one that is no agent', () => sync(server.admin), 'rollcall_syncs_total{code="FORBIDDEN"}'],
    [
      'a request, by route and status',
      () => fetch(`${server.url}/readyz`),
      'rollcall_http_request_duration_seconds_count{method="GET",route="/readyz",status="200"}',
    ],
    [
      'a key that was remembered',
      () => server.viewer('{ __typename }'),
      'rollcall_key_cache_lookups_total{outcome="hit"}',
    ],
    [
      'one that was not',
      () => server.as(makeCredential(CredentialKind.USER_KEY).text)('{ __typename }'),
      'rollcall_key_cache_lookups_total{outcome="miss"}',
    ],
  ])('%s', async (_, action, counted) => {
    expect(await risen(action)).toMatchObject({ [counted]: expect.any(Number) });
  });

  test('once what was asked once, and not what was skipped', async () => {
    const query = 'query { a: nodes { totalCount } b: nodes @skip(if: true) { totalCount } services { totalCount } }';
    const counts = Object.entries(await risen(() => server.viewer(query))).filter(([name]) =>
      name.includes('graphql_req'),
    );
    expect(Object.fromEntries(counts)).toEqual({
      [asked('query', 'nodes', 'OK')]: 1,
      [asked('query', 'services', 'OK')]: 1,
    });
  });

  test('how late the event loop is, again and again', async () => {
    const inAll = 'rollcall_event_loop_lag_seconds_count';
    const before = (await seen()).series[inAll]!;
    await eventually(async () => (await seen()).series[inAll]! > before + 1);
    expect((await seen()).series).toHaveProperty(['rollcall_event_loop_lag_seconds_bucket{le="0.005"}']);
  });
});
