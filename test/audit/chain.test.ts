import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { recordSuccess } from '../../src/audit/audit';
import { canonicalJson } from '../../src/audit/canonical-row';
import { appendWaiting, CHAIN_LOCK, chainHead } from '../../src/audit/chain';
import { startChainer, type Chainer } from '../../src/audit/chainer';
import { eventually } from '../database/embedded/data-folders';
import { createDatabase, type TestDatabase } from '../support/database';
import { issueToken } from '../support/enrol';
import { statementsOf } from '../support/reader';
import { startServer } from '../support/server';
import { chainAll, verdict, writeRows } from './trail';

let database: TestDatabase;
beforeEach(async () => (database = await createDatabase()));
/** A failed test must not leave one running, which would keep the process. */
const running: Chainer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ stop }) => stop()));
  await database.drop();
});

const sha256 = (...parts: (string | Buffer)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

const count = async (table: string) =>
  (await database.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`))[0]!.count;

/** A chainer with the lines of its log. */
function chainer(tellEveryMs?: number): Chainer & { log: Record<string, unknown>[] } {
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line)) });
  const started = startChainer(database.dataSource.manager, logger, tellEveryMs);
  running.push(started);
  return { log, ...started };
}

test('a row and its link are hashed as docs/decisions/audit-chain.md says', async () => {
  const id = '01a1f881-ede7-711e-8d23-94448512984d';
  await database.query(
    `WITH event AS (INSERT INTO audit_event (id, at, action, outcome, actor_name, changes)
       VALUES ($1, '2026-11-20 10:30:27.048+00', 'test.act', 'REFUSED', E'é "\\u007f', '[{"field": "a", "before": null, "after": "b"}]')
       RETURNING id)
     INSERT INTO audit_unchained SELECT id FROM event`,
    [id],
  );
  await writeRows(database, 1);
  await chainAll(database);
  const canonical =
    '{"action":"test.act","actorKeyPublicId":null,"actorName":"é \\"\u007f","at":"2026-11-20T10:30:27.048Z",' +
    `"changes":[{"after":"b","before":null,"field":"a"}],"count":1,"id":"${id}","outcome":"REFUSED","reason":null,` +
    '"remoteAddress":null,"requestId":null,"targetId":null,"targetName":null,"targetType":null}';
  const rowHash = sha256(canonical);
  const seq = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]);
  const [first, second] = await database.query<{ row_hash: Buffer; chain_hash: Buffer }>(
    'SELECT row_hash, chain_hash FROM audit_chain ORDER BY seq',
  );
  expect(first).toEqual({ row_hash: rowHash, chain_hash: sha256(Buffer.alloc(32), seq, rowHash) });
  seq[7] = 2;
  expect(second!.chain_hash).toEqual(sha256(first!.chain_hash, seq, second!.row_hash));
});

test.each([
  [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
  // The RFC's own example, section 3.2.3.
  [
    JSON.parse(String.raw`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`),
    String.raw`{"\r":2,"1":4,` + '"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
  ],
  [JSON.parse('{"b": {}, "__proto__": {"d": 1, "c": []}}'), '{"__proto__":{"c":[],"d":1},"b":{}}'],
])('JSON is canonical as RFC 8785 has it: %j', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

test('rows are chained in the order of their times, over many batches, each once, and none waits then', async () => {
  // Of two neighbours the later began first, as transactions do that run at once.
  const times = Array.from({ length: 1204 }, (_, index) => Date.UTC(2026, 4, 1) + (index ^ 1) * 1000);
  await database.query(
    `WITH event AS (INSERT INTO audit_event (id, at, action, outcome)
       SELECT id, at, 'test.act', 'SUCCEEDED' FROM unnest($1::uuid[], $2::timestamptz[]) AS made (id, at) RETURNING id)
     INSERT INTO audit_unchained SELECT id FROM event ORDER BY random()`,
    [times.map((_, index) => uuidv7({ msecs: Date.UTC(2026, 4, 1) + index })), times.map((time) => new Date(time))],
  );
  expect(await chainAll(database)).toMatchObject({ seq: 1204 });
  expect(await verdict(database)).toBe(1204);
  expect(await count('audit_unchained')).toBe(0);
  const disordered = await database.query(
    `SELECT FROM (SELECT (at, id) < lag((at, id)) OVER (ORDER BY seq) AS wrong
       FROM audit_chain JOIN audit_event ON id = audit_id) AS pairs WHERE wrong`,
  );
  expect(disordered).toEqual([]);
});

test('a transaction that commits late is chained then, and one that is rolled back leaves nothing', async () => {
  const late = database.dataSource.createQueryRunner();
  await late.startTransaction();
  await recordSuccess(late.manager, null, { action: 'test.late', actorName: 'test' });
  await writeRows(database, 2);
  expect(await chainAll(database)).toMatchObject({ seq: 2 });
  expect(await appendWaiting(database.dataSource.manager)).toBe(null);
  await late.commitTransaction();
  expect(await chainAll(database)).toMatchObject({ seq: 3 });
  await late.startTransaction();
  await recordSuccess(late.manager, null, { action: 'test.undone', actorName: 'test' });
  await late.rollbackTransaction();
  await late.release();
  expect(await appendWaiting(database.dataSource.manager)).toBe(null);
  expect([await verdict(database), await count('audit_event'), await count('audit_unchained')]).toEqual([3, 3, 0]);
});

test('while one appends, another leaves it to that one', async () => {
  await writeRows(database, 1);
  const other = await database.connect();
  await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${CHAIN_LOCK})`);
  expect(await appendWaiting(database.dataSource.manager)).toBe(null);
  await other.query('COMMIT');
  expect(await chainAll(database)).toMatchObject({ seq: 1 });
});

test('looking whether something waits is one statement while nothing does', async () => {
  const statements = await statementsOf(database, () => appendWaiting(database.dataSource.manager));
  expect(statements).toEqual([expect.stringContaining('SELECT EXISTS')]);
});

test('several chainers at once, while rows are written, make one chain without a break', async () => {
  const chainers = [chainer(0), chainer(0), chainer(0)];
  const appending = Array.from({ length: 200 }, () => appendWaiting(database.dataSource.manager));
  await Promise.all([writeRows(database, 100), writeRows(database, 100), ...appending]);
  await Promise.all(chainers.map(({ stop }) => stop()));
  await appendWaiting(database.dataSource.manager);
  expect(await verdict(database)).toBe(200);
  expect(await count('audit_unchained')).toBe(0);
  expect(chainers.flatMap(({ log }) => log).filter(({ level }) => level !== 30)).toEqual([]);
});

test('a server chains what it writes within a second of the commit', async () => {
  const server = await startServer();
  try {
    await issueToken(server.admin);
    const committed = performance.now();
    await eventually(async () => (await verdict(server.database)) === 1);
    // Generous to a slow machine: the server looks each half second.
    expect(performance.now() - committed).toBeLessThan(3000);
  } finally {
    await server.stop();
  }
});

test('at its stop it appends what waits, and tells the head in the log', async () => {
  const { stop, log } = chainer();
  await writeRows(database, 3);
  await stop();
  const { hash } = await chainHead(database.dataSource.manager);
  expect(log).toMatchObject([{ level: 30, seq: 3, chainHash: hash.toString('hex') }]);
});

test('while it runs it tells the head when that has changed, and only then', async () => {
  const { stop, log } = chainer(0);
  await writeRows(database, 1);
  await eventually(async () => log.length > 0);
  await statementsOf(database, (statements) => eventually(async () => statements.length >= 2));
  expect(log).toMatchObject([{ seq: 1 }]);
  await writeRows(database, 1);
  await eventually(async () => log.length > 1);
  expect(log).toMatchObject([{ seq: 1 }, { seq: 2 }]);
  await stop();
});

test('a failure of the chain fails no request, is logged, and is made good', async () => {
  const server = await startServer();
  try {
    await server.database.query('ALTER TABLE audit_chain RENAME TO away');
    await issueToken(server.admin);
    await eventually(async () => server.log.some((line) => line.includes('the audit trail could not be chained')));
    await issueToken(server.admin);
    await server.database.query('ALTER TABLE away RENAME TO audit_chain');
    await server.app.close();
    expect(await verdict(server.database)).toBe(2);
  } finally {
    await server.stop();
  }
});
