import { parseCredential } from '../../src/access/credential';
import { codes } from '../support/client';
import { startServer, type TestServer } from '../support/server';
import { ask, lock, makeAgentKey, readRegistry, tryToAsk, tryToLock, tryToUnlock, unlock } from './requests';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());
beforeEach(() => lock(server.admin));

const LOCKED = { state: 'LOCKED', openUntil: null, openedBy: null };

const events = (action: string) =>
  server.database.query<{ actor_name: string; changes: { field: string; before: unknown; after: unknown }[] }>(
    `SELECT actor_name, changes FROM audit_event WHERE action = $1 AND outcome = 'SUCCEEDED' ORDER BY id`,
    [action],
  );

/** As if the time that it was unlocked for were over. */
const letItEnd = () =>
  server.database.query(`UPDATE client_registry SET open_until = clock_timestamp() - interval '1 ms'`);

/** In seconds, give or take one. */
const left = (openUntil: string) => Math.round((Date.parse(openUntil) - Date.now()) / 1000);

test('is locked by default', async () => {
  const fresh = await startServer();
  try {
    expect(await readRegistry(fresh.admin)).toEqual({ ...LOCKED, pendingRequests: 0 });
  } finally {
    await fresh.stop();
  }
});

test.each([
  [undefined, 300],
  ['1s', 1],
  ['90s', 90],
  ['24h', 86_400],
])('unlocked for %s, it is open for %i s, and tells by whom', async (duration, seconds) => {
  const registry = await unlock(server.admin, duration);
  expect(registry).toMatchObject({
    state: 'OPEN',
    openedBy: { name: 'admin of the test', keyPublicId: parseCredential(server.keys.ADMIN)!.publicId },
  });
  expect(Math.abs(left(registry.openUntil) - seconds)).toBeLessThanOrEqual(1);
});

test.each(['0s', '86401s', '2d'])('is not unlocked for %s', async (duration) => {
  const { errors } = await tryToUnlock(server.admin, duration);
  expect(errors[0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.duration' }] });
  expect(await readRegistry(server.admin)).toMatchObject(LOCKED);
});

test('unlocked again, its end is set anew, be it later or sooner', async () => {
  await unlock(server.admin, '1h');
  const sooner = await unlock(server.admin, '2m');
  expect(Math.abs(left(sooner.openUntil) - 120)).toBeLessThanOrEqual(1);
  const later = await unlock(server.admin, '5m');
  expect(Math.abs(left(later.openUntil) - 300)).toBeLessThanOrEqual(1);
});

test('locks itself when its time is over, by the clock of the database: no timer has to run', async () => {
  await unlock(server.admin, '1h');
  await ask(server.anonymous, makeAgentKey(), 'in-time');
  await letItEnd();
  expect(await readRegistry(server.admin)).toMatchObject(LOCKED);
  expect(codes(await tryToAsk(server.anonymous, makeAgentKey()))).toEqual(['REGISTRY_LOCKED']);
});

test('locked by hand it is locked at once, and locking it again changes nothing', async () => {
  await unlock(server.admin);
  const before = (await events('client_registry.lock')).length;
  expect(await lock(server.admin)).toEqual(LOCKED);
  expect(await lock(server.admin)).toEqual(LOCKED);
  expect((await events('client_registry.lock')).length).toBe(before + 1);
  const { errors } = await tryToAsk(server.anonymous, makeAgentKey());
  expect(errors[0]!.extensions).toEqual({ code: 'REGISTRY_LOCKED', retryAfterSeconds: 3 });
});

test('locking one whose time is over leaves no row in the audit trail: it was locked', async () => {
  await unlock(server.admin);
  await letItEnd();
  const before = (await events('client_registry.lock')).length;
  await lock(server.admin);
  expect((await events('client_registry.lock')).length).toBe(before);
});

test('who unlocks and locks, and until when, is in the audit trail', async () => {
  const { openUntil } = await unlock(server.admin);
  await lock(server.admin);
  expect((await events('client_registry.unlock')).at(-1)).toEqual({
    actor_name: 'admin of the test',
    changes: [{ field: 'openUntil', before: null, after: openUntil }],
  });
  expect((await events('client_registry.lock')).at(-1)!.changes).toEqual([
    { field: 'openUntil', before: openUntil, after: null },
  ]);
});

test('an open window is in the database, where a restart of the server leaves it', async () => {
  const { openUntil } = await unlock(server.admin, '1h');
  const [row] = await server.database.query<{ open_until: Date }>('SELECT open_until FROM client_registry');
  expect(row!.open_until.toISOString()).toBe(openUntil);
});

describe('permanently open by setting', () => {
  let open: TestServer;
  beforeAll(async () => {
    open = await startServer({ clientRegistry: { ...server.config.clientRegistry, permanentlyOpen: true } });
  });
  afterAll(() => open.stop());

  test('is shown as open without an end, and warned about in the log', async () => {
    expect(await readRegistry(open.admin)).toMatchObject({ state: 'OPEN', openUntil: null, openedBy: null });
    const warnings = open.log.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
    expect(warnings).toContainEqual(
      expect.objectContaining({ msg: expect.stringContaining('client_registry.permanently_open') }),
    );
    expect(server.log.join('\n')).not.toContain('permanently_open');
  });

  test('lets agents ask, and approves nothing', async () => {
    const asked = await ask(open.anonymous, makeAgentKey(), 'db-1');
    expect(asked).toMatchObject({ state: 'PENDING', agentId: null });
    expect(await open.database.query('SELECT FROM node')).toEqual([]);
  });

  test('cannot be locked: FAILED_PRECONDITION names the setting', async () => {
    const { errors } = await tryToLock(open.admin);
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('client_registry.permanently_open'),
        extensions: { code: 'FAILED_PRECONDITION' },
      },
    ]);
  });

  test('unlocked for a while as well, it is still without an end', async () => {
    expect(await unlock(open.admin, '1m')).toMatchObject({ state: 'OPEN', openUntil: null, openedBy: null });
  });
});
