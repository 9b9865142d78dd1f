import { createHash } from 'node:crypto';
import { canonicalJson } from '../../src/audit/canonical-row';
import { chainAll, tamper, verdict } from '../audit/trail';
import { eventually } from '../database/embedded/data-folders';
import { issueToken } from '../support/enrol';
import type { TestDatabase } from '../support/database';
import { adminOf, openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

/** The head that a server told last in its log, as an anchor. */
function anchorIn(log: string): string {
  const lines = log.split('\n').filter((line) => line.includes('"chainHash"'));
  const { seq, chainHash } = JSON.parse(lines.at(-1)!) as { seq: number; chainHash: string };
  return `${seq}:${chainHash}`;
}

/** Rows as a server writes them, with ids in the order of time, chained. */
async function chainRows(database: TestDatabase, count: number): Promise<void> {
  await database.query(
    `WITH event AS (INSERT INTO audit_event (id, at, action, outcome)
       SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid,
              '2026-05-01T12:00:00Z'::timestamptz + number * interval '1 s', 'test.act', 'SUCCEEDED'
       FROM generate_series(1, $1::int) AS number RETURNING id)
     INSERT INTO audit_unchained SELECT id FROM event`,
    [count],
  );
  await chainAll(database);
}

it('"rollcall audit verify" says that the chain is good, with the embedded PostgreSQL, while the server runs and when it is stopped', async () => {
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir);
  const environment = { ROLLCALL_DATA_DIR: dataDir };
  await issueToken(adminOf(server, dataDir));
  const running = await eventually(async () => {
    const { code, output, errors } = await stage.run(['audit', 'verify'], environment);
    return output.includes('seq 2') && { code, errors };
  });
  expect(running).toEqual({ code: 0, errors: '' });
  await server.kill();
  const anchor = anchorIn(server.output());
  const [seq, hash] = anchor.split(':');
  expect(await stage.run(['audit', 'verify', '--anchor', anchor], environment)).toEqual({
    code: 0,
    output: `The chain is good: 2 rows, seq ${seq}, hash ${hash}.\n`,
    errors: '',
  });
});

it('Two servers on one database make one chain of what both write at once', async () => {
  const database = await stage.database();
  const dataDir = stage.folder();
  const servers = [
    await stage.serve(dataDir, { DATABASE_URL: database.url }),
    await stage.serve(dataDir, { DATABASE_URL: database.url }),
  ];
  const clients = servers.map((server) => adminOf(server, dataDir));
  for (let round = 0; round < 30; round++) await Promise.all(clients.map((client) => issueToken(client)));
  await eventually(async () => (await verdict(database)) === 61);
  await Promise.all(servers.map((server) => server.kill()));
  expect(await verdict(database)).toBe(61);
});

describe('With what is not good', () => {
  let database: TestDatabase;
  let run: (...words: string[]) => ReturnType<typeof stage.run>;

  beforeEach(async () => {
    database = await stage.database();
    await chainRows(database, 3);
    const environment = { DATABASE_URL: database.url };
    run = (...words) => stage.run(['audit', ...words], environment);
  });

  it('"rollcall audit verify" names the row and ends with 1', async () => {
    const [row] = await database.query<{ id: string }>('SELECT audit_id AS id FROM audit_chain WHERE seq = 2');
    await tamper(database, `UPDATE audit_event SET reason = 'other' WHERE id = '${row!.id}'`);
    expect(await run('verify')).toEqual({
      code: 7,
      output: '',
      errors: `rollcall: The audit trail is not good. The row of seq 2 was changed, or another was put in its place. Now it is test.act of 2026-05-01T12:00:02.000Z, id ${row!.id}.\n`,
    });
  });

  it('"rollcall audit verify" finds a tail that was cut off with an anchor, and ends with 1', async () => {
    const { output } = await run('verify');
    const [, hash] = /seq 3, hash ([0-9a-f]{64})\./.exec(output)!;
    await tamper(
      database,
      'DELETE FROM audit_event WHERE id = (SELECT audit_id FROM audit_chain WHERE seq = 3)',
      'DELETE FROM audit_chain WHERE seq = 3',
    );
    expect(await run('verify', '--anchor', `3:${hash}`)).toMatchObject({
      code: 7,
      output: '',
      errors: expect.stringContaining('The chain ends at seq 2, before the anchor'),
    });
    expect(await run('verify')).toMatchObject({ code: 0 });
  });

  it('"rollcall audit verify" tells of rows that wait, which no server has chained, and calls the chain good', async () => {
    await database.query(
      `WITH event AS (INSERT INTO audit_event (id, at, action, outcome) VALUES (gen_random_uuid(), '2026-05-01T12:30:00Z', 'test.act', 'SUCCEEDED') RETURNING id)
       INSERT INTO audit_unchained SELECT id FROM event`,
    );
    const { code, output, errors } = await run('verify');
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/^The chain is good: 3 rows/) });
    expect(errors).toContain('Not in the chain yet: 1 rows, the oldest of 2026-05-01T12:30:00.000Z');
    expect((await run('export')).errors).toContain('Not in the export: 1 rows');
    expect((await run('export', '--until', '2026-05-01T12:30:00Z')).errors).toBe('');
  });

  it.each([
    ['verify', '--anchor', '3'],
    ['verify', '--anchor', '3:abc'],
    ['verify', '--anchor', `-1:${'0'.repeat(64)}`],
    ['verify', '--anchor', `x:${'0'.repeat(64)}`],
    ['export', '--since', 'yesterday'],
    ['export', '--until', '2026-02-30T00:00:00Z'],
  ])('"rollcall audit %s %s %s" is wrong usage', async (...words) => {
    expect(await run(...words)).toMatchObject({ code: 2, output: '', errors: expect.stringContaining('Give ') });
  });
});

describe('"rollcall audit export"', () => {
  it('writes each row with its link, oldest first, so that a copy can be verified', async () => {
    const database = await stage.database();
    await chainRows(database, 1203);
    const { code, output, errors } = await stage.run(['audit', 'export'], { DATABASE_URL: database.url });
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const lines = output.trimEnd().split('\n');
    expect(lines).toHaveLength(1203);
    let former = Buffer.alloc(32);
    for (const [index, line] of lines.entries()) {
      const { seq, rowHash, chainHash, ...row } = JSON.parse(line);
      expect(seq).toBe(index + 1);
      expect(Date.parse(row.at)).toBe(Date.parse('2026-05-01T12:00:00Z') + seq * 1000);
      const hash = createHash('sha256').update(canonicalJson(row)).digest();
      const number = Buffer.alloc(8);
      number.writeUInt32BE(seq, 4);
      former = createHash('sha256').update(former).update(number).update(hash).digest();
      expect([rowHash, chainHash]).toEqual([hash.toString('hex'), former.toString('hex')]);
    }
  });

  it('takes the rows from an instant on, and before another', async () => {
    const database = await stage.database();
    await chainRows(database, 10);
    const range = ['--since', '2026-05-01T12:00:03Z', '--until', '2026-05-01T14:00:06+02:00'];
    const { output } = await stage.run(['audit', 'export', ...range], { DATABASE_URL: database.url });
    expect(
      output
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).seq),
    ).toEqual([3, 4, 5]);
    const none = ['audit', 'export', '--since', '2999-01-01T00:00:00Z'];
    expect(await stage.run(none, { DATABASE_URL: database.url })).toEqual({ code: 0, output: '', errors: '' });
  });

  it('ends well when nobody reads on', async () => {
    const database = await stage.database();
    await chainRows(database, 5000);
    const exporting = stage.start(['audit', 'export'], { DATABASE_URL: database.url });
    await exporting.says(/"seq":1,/);
    exporting.child.stdout!.destroy();
    expect(await exporting.ended).toBe(0);
    expect(exporting.errors()).toBe('');
  });
});
