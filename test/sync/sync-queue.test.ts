import { randomUUID } from 'node:crypto';
import { syncQueue } from '../../src/sync/sync-queue';
import type { Heartbeat } from '../../src/sync/heartbeats';
import { waitingStatements } from '../enrolment/roll';
import { createDatabase, type TestDatabase } from '../support/database';
import { makeHostAgent, makeNode } from '../support/inventory';
import { statementsOf } from '../support/reader';

let database: TestDatabase;
beforeAll(async () => (database = await createDatabase()));
afterAll(() => database.drop());

async function agents(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++) ids.push(await makeHostAgent(database, await makeNode(database)));
  return ids;
}

const BOOT_ID = randomUUID();

function heartbeat(agentId: string, given: Partial<Heartbeat> = {}): Heartbeat {
  return {
    agentId,
    enrolment: 1,
    bootId: BOOT_ID,
    previousBootId: null,
    agentVersion: null,
    generation: null,
    intervalSeconds: 15,
    source: { caller: null, remoteAddress: null, requestId: null },
    ...given,
  };
}

const queue = (options = {}) => syncQueue(database.dataSource.manager, options);

const HEARD = expect.objectContaining({ verdict: 'HEARD' });

test('what comes while a statement runs goes into the next one: many agents, two statements', async () => {
  const ids = await agents(20);
  const { hear } = queue();
  const statements = await statementsOf(database, async () => {
    expect(await Promise.all(ids.map((id) => hear(heartbeat(id))))).toEqual(ids.map(() => HEARD));
  });
  expect(statements).toHaveLength(2);
  const seen = await database.query(
    'SELECT FROM liveness WHERE agent_id = ANY ($1::uuid[]) AND last_seen_at IS NOT NULL',
    [ids],
  );
  expect(seen).toHaveLength(20);
});

test('of an agent that calls again meanwhile the last is written, and all of its calls are answered', async () => {
  const [first, id] = await agents(2);
  const { hear } = queue();
  const answers = [
    hear(heartbeat(first!)),
    hear(heartbeat(id!, { generation: 1 })),
    hear(heartbeat(id!, { generation: 2 })),
    hear(heartbeat(id!, { generation: 3 })),
  ];
  const statements = await statementsOf(database, async () => {
    expect(await Promise.all(answers)).toEqual(answers.map(() => HEARD));
  });
  expect(statements).toHaveLength(2);
  expect(await database.query('SELECT reported_generation FROM liveness WHERE agent_id = $1', [id])).toEqual([
    { reported_generation: 3 },
  ]);
});

test('two hosts with one credential are told apart, though they call at once', async () => {
  const [first, id] = await agents(2);
  const { hear } = queue();
  const answers = await Promise.all([
    hear(heartbeat(first!)),
    hear(heartbeat(id!)),
    hear(heartbeat(id!, { bootId: randomUUID() })),
  ]);
  expect(answers.map(({ verdict }) => verdict)).toEqual(['HEARD', 'HEARD', 'CONFLICT']);
});

test('an agent whose row is held keeps no other waiting, and is heard once it is free', async () => {
  const [held, other] = await agents(2);
  const holder = await database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM liveness WHERE agent_id = $1 FOR UPDATE', [held]);
  const { hear } = queue();
  const waiting = hear(heartbeat(held!));
  expect(await hear(heartbeat(other!))).toEqual(HEARD);
  await waitingStatements(database, 1);
  await holder.query('COMMIT');
  expect(await waiting).toEqual(HEARD);
});

test('an agent that is enrolled afresh meanwhile is gone for whoever has the former key', async () => {
  const [id] = await agents(1);
  const holder = await database.connect();
  await holder.query('BEGIN');
  await holder.query('UPDATE liveness SET enrolment = 2 WHERE agent_id = $1', [id]);
  const waiting = queue().hear(heartbeat(id!));
  await waitingStatements(database, 1);
  await holder.query('COMMIT');
  expect(await waiting).toMatchObject({ verdict: 'GONE' });
});

test('an agent that is not there is gone', async () => {
  expect(await queue().hear(heartbeat(randomUUID()))).toMatchObject({ verdict: 'GONE' });
});

test('more than may wait are told to come later, each at another time; none that waits is lost', async () => {
  const ids = await agents(5);
  const { hear } = queue({ mostWaiting: 2 });
  // The first is written at once and waits for nothing.
  const answers = await Promise.allSettled(ids.map((id) => hear(heartbeat(id))));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
  expect(answers.at(-1)).toMatchObject({ reason: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) } });
  const delays = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const full = queue({ mostWaiting: 0 });
      return full.hear(heartbeat(ids[0]!)).catch((error: { retryAfterSeconds: number }) => error.retryAfterSeconds);
    }),
  );
  expect(new Set(delays).size).toBeGreaterThan(3);
});

test('when a statement fails, those in it are told, and the next goes on', async () => {
  const [id] = await agents(1);
  const { hear } = queue();
  await expect(hear(heartbeat(id!, { intervalSeconds: 0 }))).rejects.toThrow('liveness_sync_interval_seconds_check');
  expect(await hear(heartbeat(id!))).toEqual(HEARD);
});

test('an agent that calls under many boot ids keeps no other from its place', async () => {
  const [noisy, other] = await agents(2);
  const { hear } = queue({ mostWaiting: 2 });
  const noise = Array.from({ length: 50 }, () => hear(heartbeat(noisy!, { bootId: randomUUID() })));
  expect(await hear(heartbeat(other!))).toEqual(HEARD);
  const outcomes = await Promise.allSettled(noise);
  // The first is written at once, and two wait.
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(outcomes.at(-1)).toMatchObject({ reason: { code: 'RATE_LIMITED' } });
});

test('that two hosts have one credential is written with its row of the audit trail, or not at all', async () => {
  const [id] = await agents(1);
  const { hear } = queue();
  const copy = randomUUID();
  await hear(heartbeat(id!));
  await hear(heartbeat(id!, { bootId: copy, previousBootId: BOOT_ID }));
  await database.query('ALTER TABLE audit_unchained RENAME TO away');
  await expect(hear(heartbeat(id!))).rejects.toThrow('audit_unchained');
  await database.query('ALTER TABLE away RENAME TO audit_unchained');
  const suspected = () =>
    database.query(`SELECT FROM audit_event WHERE action = 'agent.suspect_clone' AND target_id = $1`, [id]);
  expect(await suspected()).toEqual([]);
  expect(await hear(heartbeat(id!))).toMatchObject({ verdict: 'CLONE' });
  expect(await suspected()).toHaveLength(1);
  expect(await hear(heartbeat(id!, { bootId: copy, previousBootId: BOOT_ID }))).toMatchObject({ verdict: 'CONFLICT' });
});
