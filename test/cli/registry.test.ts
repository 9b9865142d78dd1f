import { ask, lock, makeAgentKey, readRegistry, unlock } from '../client-registry/requests';
import { startServer, testConfig, type TestServer } from '../support/server';
import { commandsOn, READERS, type Commands } from './on-server';
import { temporaryFolder } from './rollcall-process';

const folder = temporaryFolder();
let server: TestServer;
let commands: Commands;

beforeAll(async () => {
  server = await startServer();
  commands = commandsOn(server, folder);
});
afterAll(() => server.stop());
beforeEach(() => lock(server.admin));

const INSTANT = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

describe('rollcall registry', () => {
  test('unlock opens it for as long as is said, or as the server is set, and says until when and that nothing is approved', async () => {
    for (const [words, minutes] of [[['--for', '2h'], 120] as const, [[], 5] as const]) {
      const text = await commands.good('registry', 'unlock', ...words);
      const [, until] = new RegExp(`^The client registry is open until (${INSTANT}) \\(in \\d+[hm]\\), `).exec(text)!;
      expect(text).toMatch(/^Nothing is approved by that: /m);
      const { state, openUntil } = await readRegistry(server.admin);
      expect({ state, openUntil }).toEqual({ state: 'OPEN', openUntil: until });
      const left = (Date.parse(openUntil) - Date.now()) / 60_000;
      expect(left).toBeGreaterThan(minutes - 1);
      expect(left).toBeLessThanOrEqual(minutes);
    }
  });

  test('lock locks it, again too, and says who can still be decided on', async () => {
    await unlock(server.admin);
    const none = 'The client registry is locked: no agent can ask any more. None waits.\n';
    expect([await commands.good('registry', 'lock'), await commands.good('registry', 'lock')]).toEqual([none, none]);
    expect(await readRegistry(server.admin)).toMatchObject({ state: 'LOCKED', openUntil: null });
    await unlock(server.admin);
    await ask(server.anonymous, makeAgentKey(), 'locked-out');
    expect(await commands.good('registry', 'lock')).toContain('1 request made before can still be decided.');
  });

  test('status tells the state, until when, by whom, how many wait, and the command to go on with', async () => {
    const { pendingRequests } = await readRegistry(server.admin);
    expect(await commands.good('registry', 'status')).toMatch(/^State: +LOCKED\nWaiting: +\d+ requests?\n\nNext: /);
    await unlock(server.admin, '3h');
    await ask(server.anonymous, makeAgentKey(), 'waits-1');
    await ask(server.anonymous, makeAgentKey(), 'waits-2');
    const text = await commands.good('registry', 'status');
    expect(text).toMatch(/^State: +OPEN$/m);
    expect(text).toMatch(new RegExp(`^Until: +${INSTANT} \\(in [23]h\\)$`, 'm'));
    expect(text).toMatch(/^Opened by: +admin of the test$/m);
    expect(text).toMatch(new RegExp(`^Waiting: +${pendingRequests + 2} requests$`, 'm'));
    expect(text).toMatch(/^Next: rollcall request list$/m);
  });

  test.each(READERS)('status, unlock and lock write %s that programs can read', async (format, read) => {
    const run = async (...words: string[]) => read(await commands.good('registry', ...words, '-o', format));
    const open = {
      state: 'OPEN',
      openUntil: expect.any(String),
      openedBy: { name: 'admin of the test', keyPublicId: expect.any(String) },
      pendingRequests: expect.any(Number),
    };
    const locked = { state: 'LOCKED', openUntil: null, openedBy: null, pendingRequests: expect.any(Number) };
    expect(await run('unlock')).toEqual({ clientRegistry: open });
    expect(await run('status')).toEqual(open);
    expect(await run('lock')).toEqual({ clientRegistry: locked });
    expect(await run('status')).toEqual(locked);
  });

  test.each(['0s', '25h'])('unlock --for %s is refused by the server, which names the bounds', async (duration) => {
    const { code, stdout, stderr } = await commands.run('registry', 'unlock', '--for', duration);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('Give a time from 1s to 24h.');
    expect(await readRegistry(server.admin)).toMatchObject({ state: 'LOCKED' });
  });
});

test('a client registry that is permanently open says so, and cannot be locked', async () => {
  const { clientRegistry } = testConfig();
  const open = await startServer({ clientRegistry: { ...clientRegistry, permanentlyOpen: true } });
  try {
    const { good, run } = commandsOn(open, folder);
    const permanently = 'permanently, by the setting client_registry.permanently_open';
    expect(await good('registry', 'status')).toContain(`Until:    ${permanently}\n`);
    expect(await good('registry', 'unlock')).toContain(`The client registry is open ${permanently}.\n`);
    const { code, stdout, stderr } = await run('registry', 'lock', '-o', 'json');
    expect({ code, stdout, error: JSON.parse(stderr).error }).toMatchObject({
      code: 1,
      stdout: '',
      error: { code: 'FAILED_PRECONDITION', message: expect.stringContaining('client_registry.permanently_open') },
    });
  } finally {
    await open.stop();
  }
});
