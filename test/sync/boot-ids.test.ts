import { randomUUID } from 'node:crypto';
import { codes, dataOf, type GraphQLClient } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { setHearing } from './hearing';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  // As if it had listened for ever: silence counts only since then.
  await setHearing(server.database, { until: 0 });
});
afterAll(() => server.stop());

interface Host {
  id: string;
  client: GraphQLClient;
}

async function aHost(): Promise<Host> {
  const { agentId, secret } = await enrol(server.admin);
  return { id: agentId, client: server.as(secret) };
}

const SEEN = `query ($id: ID!) { agent(id: $id) { status ... on HostAgent { lastSeenAt cloneSuspectedAt } } }`;
const seen = async ({ id }: Host) => dataOf(await server.viewer(SEEN, { id })).agent;

/** As if nothing had been heard of it for so long. */
const silentFor = ({ id }: Host, time: string) =>
  server.database.query(`UPDATE liveness SET last_seen_at = last_seen_at - $2::interval WHERE agent_id = $1`, [
    id,
    time,
  ]);

type Call = [boot: string, previous: string | null, outcome: string | null];

/**
 * Syncs of one host or of several, by the boot ids of this and the former run, as letters, and what is to come of each; null: heard, else the
 * code of the refusal. Gives what came of those that something else came of.
 */
async function misjudged({ client }: Host, ...calls: Call[]): Promise<string[]> {
  const found: string[] = [];
  for (const [index, [boot, previous, outcome]] of calls.entries()) {
    const previousBootId = previous === null ? null : bootId(previous);
    const [code = null] = codes(await sync(client, { bootId: bootId(boot), previousBootId }));
    if (code !== outcome) found.push(`call ${index} of ${boot}: ${String(code)}`);
  }
  return found;
}

/** The same for the same letter, in this test file. */
const letters = new Map<string, string>();
function bootId(letter: string): string {
  const known = letters.get(letter) ?? randomUUID();
  letters.set(letter, known);
  return known;
}

const CONFLICT = 'CONFLICT';

test('a host that is started again and names its former run takes over at once, without alarm', async () => {
  const host = await aHost();
  expect(
    await misjudged(host, ['a', null, null], ['b', 'a', null], ['b', 'a', null], ['c', 'b', null], ['c', 'b', null]),
  ).toEqual([]);
  expect(await seen(host)).toMatchObject({ status: 'ACTIVE', cloneSuspectedAt: null });
});

test('when the one that was taken over from syncs again, it goes on, and the one that came second is refused from then on', async () => {
  const host = await aHost();
  expect(
    await misjudged(
      host,
      ['a', null, null],
      // A copy of the host: its state names the run that is alive.
      ['copy', 'a', null],
      ['a', null, null],
      ['copy', 'a', CONFLICT],
      ['a', null, null],
      ['copy', 'a', CONFLICT],
    ),
  ).toEqual([]);
  expect((await seen(host)).cloneSuspectedAt).not.toBeNull();
});

test('the one that was taken over from is known again, however often the copy has synced meanwhile', async () => {
  const host = await aHost();
  expect(
    await misjudged(
      host,
      ['a', null, null],
      ['copy', 'a', null],
      ['copy', 'a', null],
      ['copy', 'a', null],
      ['a', null, null],
      ['copy', 'a', CONFLICT],
    ),
  ).toEqual([]);
});

test('the older may be started again after that, the newer is refused under whatever boot id', async () => {
  const host = await aHost();
  expect(
    await misjudged(
      host,
      ['a', null, null],
      ['copy', 'a', null],
      ['a', null, null],
      ['a2', 'a', null],
      ['copy', 'a', CONFLICT],
      ['copy2', 'copy', CONFLICT],
      ['a2', 'a', null],
      ['a3', 'a2', null],
      ['copy2', 'copy', CONFLICT],
    ),
  ).toEqual([]);
});

test.each([
  ['no former run', null],
  ['one that is long over', 'older'],
])(
  'a newcomer that names %s is refused while the current one is fresh, and takes over when that is silent',
  async (_, previous) => {
    const host = await aHost();
    expect(
      await misjudged(
        host,
        ['older', null, null],
        ['a', 'older', null],
        ['b', previous, CONFLICT],
        ['a', 'older', null],
      ),
    ).toEqual([]);
    expect((await seen(host)).cloneSuspectedAt).not.toBeNull();
    await silentFor(host, '1 minute');
    expect((await seen(host)).status).toBe('INACTIVE');
    expect(await misjudged(host, ['b', previous, null], ['b', previous, null], ['a', 'older', CONFLICT])).toEqual([]);
  },
);

test('a host that was enrolled afresh has no former run: whatever boot id comes first is its own, and no alarm is left', async () => {
  const host = await aHost();
  expect(await misjudged(host, ['a', null, null], ['b', null, CONFLICT])).toEqual([]);
  await server.database.query(
    'UPDATE liveness SET boot_id = NULL, superseded_boot_id = NULL, refused_boot_id = NULL WHERE agent_id = $1',
    [host.id],
  );
  expect(await misjudged(host, ['b', null, null], ['b', null, null])).toEqual([]);
});

test('a sync that is late never moves lastSeenAt back', async () => {
  const host = await aHost();
  expect(await misjudged(host, ['a', null, null])).toEqual([]);
  const [rows] = await server.database.query<{ ahead: Date }[]>(
    `UPDATE liveness SET last_seen_at = clock_timestamp() + interval '1 minute' WHERE agent_id = $1 RETURNING last_seen_at AS ahead`,
    [host.id],
  );
  expect(await misjudged(host, ['a', null, null])).toEqual([]);
  expect((await seen(host)).lastSeenAt).toBe(rows![0]!.ahead.toISOString());
});

test('a refused sync changes nothing but when a second host was suspected', async () => {
  const host = await aHost();
  expect(await misjudged(host, ['a', null, null])).toEqual([]);
  const row = async () =>
    (await server.database.query<object>('SELECT * FROM liveness WHERE agent_id = $1', [host.id]))[0];
  const before = await row();
  await sync(host.client, { bootId: randomUUID(), agentVersion: '9', generation: 9 });
  expect(await row()).toEqual({ ...before, clone_suspected_at: expect.any(Date) });
});

test('that two hosts share a credential is in the audit trail, the refusals counted', async () => {
  const own = await startServer();
  const { agentId, secret } = await enrol(own.admin);
  const host = { id: agentId, client: own.as(secret) };
  expect(
    await misjudged(
      host,
      ['a', null, null],
      ['copy', 'a', null],
      ['a', null, null],
      ['copy', 'a', CONFLICT],
      ['copy', 'a', CONFLICT],
    ),
  ).toEqual([]);
  await own.app.close();
  const rows = await own.database.query(
    `SELECT action, outcome, reason, count FROM audit_event WHERE action IN ('agent.suspect_clone', 'agent.sync') AND target_id = $1 ORDER BY action`,
    [agentId],
  );
  await own.database.drop();
  expect(rows).toEqual([
    { action: 'agent.suspect_clone', outcome: 'SUCCEEDED', reason: expect.stringContaining('two hosts'), count: 1 },
    { action: 'agent.sync', outcome: 'REFUSED', reason: 'CONFLICT', count: 2 },
  ]);
});
