import { approve, ask, makeAgentKey, readRequest, reject, unlock, type Asked } from '../client-registry/requests';
import { startServer, type TestServer } from '../support/server';
import { commandsOn, type Commands } from './on-server';
import { hasTerminal, temporaryFolder } from './rollcall-process';

const folder = temporaryFolder();
let server: TestServer;
let commands: Commands;

beforeAll(async () => {
  server = await startServer();
  commands = commandsOn(server, folder);
  await unlock(server.admin, '1h');
});
afterAll(() => server.stop());

const QUESTION = 'To approve it, type the pairing ID as the agent of';
const [ENTER, END_OF_INPUT, INTERRUPT, BACKSPACE] = ['\r', '\u0004', '\u0003', '\u007F'];

function asked(name: string): Promise<Asked> {
  return ask(server.anonymous, makeAgentKey(), name, { node: { name, region: 'eu-1', tags: ['own'] } });
}

(hasTerminal ? describe : describe.skip)('rollcall request approve on a terminal', () => {
  test('shows what is approved but not the pairing ID, and approves once that is typed', async () => {
    const request = await asked('typed');
    const typed = `x${BACKSPACE}${request.pairingId.toLowerCase()}${ENTER}`;
    const words = ['approve', request.requestId, '--environment', 'RUN', '--tag', 'a', '-o', 'json'];
    const { code, screen, stdout } = await commands.onTerminal(typed, 'request', ...words);

    expect(code).toBe(0);
    const { granted, agent, keyFingerprint, requestedAt } = await readRequest(server.admin, request.requestId);
    const [before] = screen.split(`${QUESTION} typed shows it: `);
    for (const [name, value] of [
      ['Name', 'typed'],
      ['Id', request.requestId],
      ['State', 'PENDING'],
      ['From', '127.0.0.1'],
      ['Key fingerprint', keyFingerprint],
      ['Asked', requestedAt],
    ])
      expect(before).toMatch(new RegExp(`^${name}: +${value}`, 'm'));
    expect(before).toMatch(/^Region +eu-1\s+Environment +RUN\s+Tags +own +a\s/m);
    expect(before!.replaceAll('-', '').toUpperCase()).not.toContain(request.pairingId.replace('-', ''));
    expect(JSON.parse(stdout)).toMatchObject({ request: { state: 'APPROVED' }, agent: { id: agent.id } });
    expect(granted).toMatchObject({ environment: 'RUN', tags: ['a'] });
  });

  test.each<[string, string, number, RegExp]>([
    ['another pairing ID', `0000-0000${ENTER}`, 1, /This is not the pairing ID of this request/],
    ['what is no pairing ID', `yes${ENTER}`, 1, /Give the eight characters that the agent shows/],
    ['nothing but Enter', ENTER, 1, /No pairing ID was typed: nothing was changed/],
    ['the end of the input', END_OF_INPUT, 1, /No pairing ID was typed: nothing was changed/],
    ['Ctrl-C', INTERRUPT, 130, /shows it: \^C$/],
  ])('changes nothing for %s', async (what, keys, exitCode, said) => {
    const name = what.replaceAll(' ', '-');
    const request = await asked(name);
    const { code, screen, stdout } = await commands.onTerminal(keys, 'request', 'approve', request.requestId);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(screen).toMatch(said);
    expect(await readRequest(server.admin, request.requestId)).toMatchObject({ state: 'PENDING', decidedBy: null });
  });

  test('asks nothing where no pairing ID would help, and says why', async () => {
    const [older, younger, rejected] = [await asked('twice'), await asked('twice'), await asked('no-more')];
    await reject(server.admin, rejected.requestId);
    for (const [{ requestId }, exitCode, said] of [
      [younger, 5, 'The name is taken: approve with --replace, or reject the request.'],
      [rejected, 1, 'This request waits no more: it is REJECTED.'],
    ] as const) {
      const { code, screen } = await commands.onTerminal(`${older.pairingId}${ENTER}`, 'request', 'approve', requestId);
      expect({ code, screen }).toEqual({ code: exitCode, screen: expect.stringContaining(said) });
      expect(screen).not.toContain(QUESTION);
    }
  });

  test('with --replace shows who has the name and both keys before it asks', async () => {
    const former = await asked('taken');
    const { agent } = await approve(server.admin, former);
    const request = await asked('taken');
    const [own, other] = await Promise.all(
      [request, former].map(async ({ requestId }) => (await readRequest(server.admin, requestId)).keyFingerprint),
    );
    const words = ['request', 'approve', request.requestId, '--replace'];
    const { code, screen, stdout } = await commands.onTerminal(`${request.pairingId}${ENTER}`, ...words);
    const [before] = screen.split(QUESTION);
    expect(before).toContain(`CONFLICT: the name belongs to the node taken (${agent.runsOn.id})`);
    expect(before).toMatch(new RegExp(`Key that asks: +${own}\\s+Key against it: +${other}\\s`));
    expect(before).toContain(`takes the place of ${agent.id}, whose key ends`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(agent.id) });
  });

  test('without an id and a pairing ID says what to give', async () => {
    const { code, screen } = await commands.onTerminal('', 'request', 'approve');
    expect({ code, screen }).toEqual({ code: 2, screen: expect.stringContaining('Give the id of the request') });
  });
});
