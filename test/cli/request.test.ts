import { ask, approve, makeAgentKey, readRequest, reject, unlock, type Asked } from '../client-registry/requests';
import { codes, dataOf } from '../support/client';
import { sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { commandsOn, READERS, type Commands } from './on-server';
import { temporaryFolder } from './rollcall-process';

const folder = temporaryFolder();
let server: TestServer;
let commands: Commands;

beforeAll(async () => {
  server = await startServer();
  commands = commandsOn(server, folder);
  await unlock(server.admin, '1h');
});
afterAll(() => server.stop());

const NOBODY = '01900000-0000-7000-8000-000000000000';
const FACTS = { agentVersion: '1.2.3', postgresql: { version: '16.4' } };

/** A request, and the key that asks. */
async function asked(name: string, node: Record<string, unknown> = {}): Promise<Asked & { key: string }> {
  const key = makeAgentKey();
  const answer = await ask(server.anonymous, key, name, { ...FACTS, node: { name, os: 'linux/amd64', ...node } });
  return { ...answer, key: key.text };
}

/** As a person may write it. */
function loosely(pairingId: string): string {
  return pairingId.replace('-', '').toLowerCase();
}

function stateOf({ requestId }: Asked): Promise<unknown> {
  return readRequest(server.admin, requestId).then(({ state }) => state);
}

describe('rollcall request list', () => {
  test('has those that wait, conflicts with both keys, and by --state the others', async () => {
    const older = await asked('listed');
    const younger = await asked('LISTED');
    const approved = await asked('listed-approved');
    await approve(server.admin, approved);
    const rejected = await asked('listed-rejected');
    await reject(server.admin, rejected.requestId);

    const ids = async (...words: string[]) =>
      (await commands.data('request', 'list', ...words)).map(({ id }: { id: string }) => id);
    const [all, waiting] = [
      [rejected, approved, younger, older],
      [younger, older],
    ].map((requests) => requests.map(({ requestId }) => requestId));
    expect(await ids()).toEqual(waiting);
    expect(await ids('--state', 'all')).toEqual(all);
    expect(await ids('--state', 'approved,rejected')).toEqual(all!.slice(0, 2));
    expect(await ids('--state', 'expired')).toEqual([]);
    expect(await ids('--limit', '1')).toEqual(waiting!.slice(0, 1));

    const [conflict, pending] = await commands.data('request', 'list');
    expect(conflict).toMatchObject({ state: 'CONFLICTING', conflictingKeys: [pending.keyFingerprint] });
    const [header, ...rows] = (await commands.good('request', 'list')).trimEnd().split('\n');
    expect(header!.split(/ {2,}/)).toEqual(
      'ID,PAIRING ID,NAME,STATE,FROM,ASKED,OS,POSTGRESQL,AGENT,KEY,CONFLICTS WITH'.split(','),
    );
    const facts = ['127.0.0.1', expect.stringMatching(/^(\d+s ago|now)$/), 'linux/amd64', '16.4', '1.2.3'];
    const [own, others] = [conflict, pending].map(({ keyFingerprint }) => `${keyFingerprint.slice(0, 12)}…`);
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      [younger.requestId, younger.pairingId, 'LISTED', 'CONFLICTING', ...facts, own, `request ${others}`],
      [older.requestId, older.pairingId, 'listed', 'PENDING', ...facts, others],
    ]);
  });

  test('says what to look at when there is none', async () => {
    const { code, stdout, stderr } = await commands.run('request', 'list', '--state', 'expired');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('rollcall registry status');
  });
});

describe('rollcall request show', () => {
  test('finds the request by its id and by its pairing ID as people write it, and has its key whole', async () => {
    const request = await asked('shown', { address: '192.0.2.7', region: 'eu-1', tags: ['a'] });
    const { keyFingerprint } = await readRequest(server.admin, request.requestId);
    const texts = [];
    for (const reference of [request.requestId, request.pairingId, loosely(request.pairingId)])
      texts.push(await commands.good('request', 'show', reference));
    for (const text of texts) {
      expect(text).toMatch(new RegExp(`^Pairing ID: +${request.pairingId}$`, 'm'));
      expect(text).toMatch(new RegExp(`^Key fingerprint: +${keyFingerprint}$`, 'm'));
      expect(text).toMatch(/^Address: +192\.0\.2\.7$/m);
      expect(text).toMatch(/^ +ASKED\nRegion +eu-1\nTags +a$/m);
    }
  });
});

describe('rollcall request approve', () => {
  test.each(READERS)(
    'with the pairing ID lets the agent in, and writes %s that programs can read',
    async (format, read) => {
      const request = await asked(`approved-${format}`);
      const words = ['request', 'approve', request.requestId, '--pairing-id', loosely(request.pairingId)];
      const approved = read(await commands.good(...words, '-o', format));
      expect(approved).toMatchObject({
        request: { id: request.requestId, state: 'APPROVED' },
        agent: { id: expect.any(String), runsOn: { name: `approved-${format}` } },
      });
      dataOf(await sync(server.as(request.key)));
    },
  );

  test('finds the request by its pairing ID alone, grants what is said, and tells what came', async () => {
    const request = await asked('granted', { region: 'asked', tags: ['own'] });
    const placement = ['--region', 'eu-1', '--environment', 'RUN', '--tag', 'a', '--tag', 'b', '--label', 'team=core'];
    const words = ['request', 'approve', '--pairing-id', loosely(request.pairingId), ...placement];
    const { code, stdout, stderr } = await commands.run(...words);
    expect(code).toBe(0);
    const { granted, agent } = await readRequest(server.admin, request.requestId);
    const labels = [{ name: 'team', value: 'core' }];
    expect(granted).toEqual({ replace: false, region: 'eu-1', environment: 'RUN', tags: ['a', 'b'], labels });
    expect(stdout).toMatch(new RegExp(`^Host agent: +${agent.id}$`, 'm'));
    expect(stdout).toMatch(/^Node: +granted \([0-9a-f-]{36}\)$/m);
    expect(stdout).toContain('the agent begins by itself');
    expect(stderr).toMatch(/^Region +asked +eu-1\nEnvironment +RUN\nTags +own +a, b\nLabels +team=core$/m);
  });

  test('of a name that is taken is a conflict unless it replaces: then ids stay and the former key ends', async () => {
    const former = await asked('replaced');
    const { agent } = await approve(server.admin, former);
    const request = await asked('replaced');
    const words = ['request', 'approve', request.requestId, '--pairing-id', request.pairingId];
    expect(await commands.run(...words)).toMatchObject({ code: 5, stdout: '' });
    expect(codes(await sync(server.as(request.key)))).toEqual(['UNAUTHENTICATED']);

    const { code, stdout } = await commands.run(...words, '--replace');
    expect(code).toBe(0);
    expect(stdout).toContain(agent.id);
    expect(stdout).toContain(`replaced (${agent.runsOn.id})`);
    dataOf(await sync(server.as(request.key)));
    expect(codes(await sync(server.as(former.key)))).toEqual(['UNAUTHENTICATED']);
  });
});

test('rollcall request approve without a pairing ID and without a terminal says how to give it', async () => {
  const request = await asked('unpaired');
  const { code, stdout, stderr } = await commands.run('request', 'approve', request.requestId);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('--pairing-id') });
  expect(await stateOf(request)).toBe('PENDING');
});

describe('rollcall request reject', () => {
  test('takes the id or the pairing ID, and the agent is told why', async () => {
    for (const way of ['requestId', 'pairingId'] as const) {
      const request = await asked(`rejected-by-${way}`);
      const text = await commands.good('request', 'reject', request[way], '--reason', 'not ours');
      expect(text).toMatch(new RegExp(`^The request of rejected-by-${way} from 127\\.0\\.0\\.1 is rejected`));
      const { state, reason } = await readRequest(server.admin, request.requestId);
      expect({ state, reason }).toEqual({ state: 'REJECTED', reason: 'not ours' });
    }
    const { requestId } = await asked('rejected-as-json');
    expect(await commands.data('request', 'reject', requestId)).toMatchObject({ request: { state: 'REJECTED' } });
  });
});

describe('a decision that is refused', () => {
  test.each<[string, number, string, (request: Asked, other: Asked) => string[]]>([
    [
      'of another’s pairing ID',
      1,
      'FAILED_PRECONDITION',
      ({ requestId }, other) => ['approve', requestId, '--pairing-id', other.pairingId],
    ],
    [
      'of a pairing ID that is none',
      1,
      'BAD_USER_INPUT',
      ({ requestId }) => ['approve', requestId, '--pairing-id', 'ILOU-0000'],
    ],
    ['of a pairing ID that no request has', 3, 'NOT_FOUND', () => ['approve', '--pairing-id', '0000-0000']],
    ['of an id that no request has', 3, 'NOT_FOUND', ({ pairingId }) => ['approve', NOBODY, '--pairing-id', pairingId]],
    ['of a request to reject that is none', 3, 'NOT_FOUND', () => ['reject', NOBODY]],
    ['of a name as a pairing ID', 3, 'NOT_FOUND', () => ['reject', 'refused']],
    [
      'of a reason that is too long',
      1,
      'BAD_USER_INPUT',
      ({ requestId }) => ['reject', requestId, '--reason', 'x'.repeat(501)],
    ],
  ])('because %s ends with %d, %s, and changes nothing', async (_, code, error, words) => {
    const [request, other] = [await asked('refused'), await asked('refused-other')];
    const refused = await commands.run('request', ...words(request, other), '-o', 'json');
    expect({ ...refused, stderr: JSON.parse(refused.stderr).error.code }).toEqual({ code, stdout: '', stderr: error });
    expect(['PENDING', 'CONFLICTING']).toContain(await stateOf(request));
    await Promise.all([request, other].map(({ requestId }) => reject(server.admin, requestId)));
  });

  test('because it was decided already says what became of it', async () => {
    const request = await asked('decided');
    await reject(server.admin, request.requestId);
    const approving = ['approve', request.requestId, '--pairing-id', request.pairingId];
    for (const words of [approving, ['reject', request.requestId]]) {
      const { code, stderr } = await commands.run('request', ...words);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('was rejected already') });
    }
    expect(await stateOf(request)).toBe('REJECTED');
  });
});
