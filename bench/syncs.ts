import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Agent } from 'undici';
import { CredentialKind, hashSecret, makeCredential } from '../src/access/credential';
import { median } from './rounds';
import { startServer, startStage, type BenchServer } from './stage';

// What a fleet of host agents costs one server: each syncs as often as it is told to. In the middle the server is killed, and what it
// had acknowledged is looked for. `npm run bench:syncs -- AGENTS SECONDS`, 10,000 and 300 unless said.

const [AGENTS = 10_000, SECONDS = 300] = process.argv.slice(2).map(Number);
const CONNECTIONS = 64;
const LOOK_EVERY_MS = 5_000;
/** After a start the server looks up every key once; those syncs are told apart. */
const SETTLED_AFTER_MS = 20_000;

const SYNC = `mutation ($input: SyncAgentInput!) { syncAgent(input: $input) { syncAfterSeconds generation serverTime desired { agentId } } }`;

interface SimulatedAgent {
  id: string;
  key: string;
  bootId: string;
  generation?: number;
  /** What the server last acknowledged, by its own clock. */
  acknowledged: number;
}

/** Puts host agents on the roll, each on a node of its own, with keys that this program knows. */
async function makeFleet(client: Client): Promise<SimulatedAgent[]> {
  const keys = Array.from({ length: AGENTS }, () => makeCredential(CredentialKind.AGENT_KEY));
  const ids = keys.map(() => randomUUID());
  await client.query(
    `INSERT INTO node (id, type, name, address) SELECT id, 'GENERIC', 'node-' || id, '192.0.2.1' FROM unnest($1::uuid[]) AS id`,
    [ids],
  );
  await client.query(
    `INSERT INTO agent (id, type, runs_on_node_id, enrolled_by) SELECT id, 'HOST_AGENT', id, 'TOKEN' FROM unnest($1::uuid[]) AS id`,
    [ids],
  );
  await client.query(
    `INSERT INTO liveness (agent_id, sync_interval_seconds) SELECT id, 15 FROM unnest($1::uuid[]) AS id`,
    [ids],
  );
  await client.query(
    `INSERT INTO api_key (id, public_id, secret_hash, name, role, agent_id, created_by_name)
     SELECT agent_id, public_id, secret_hash, 'bench', 'AGENT', agent_id, 'bench'
     FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS key (agent_id, public_id, secret_hash)`,
    [
      ids,
      keys.map(({ credential }) => credential.publicId),
      keys.map(({ credential }) => hashSecret(credential.secret)),
    ],
  );
  await client.query('VACUUM ANALYZE');
  return keys.map(({ text }, index) => ({ id: ids[index]!, key: text, bootId: randomUUID(), acknowledged: 0 }));
}

interface Figures {
  /** By whether the server had settled. */
  taken: { begun: number[]; settled: number[] };
  startedAt: number;
  failed: number;
}

/** Syncs as an agent does, until the time is over. */
async function live(
  agent: SimulatedAgent,
  server: () => string,
  dispatcher: Agent,
  until: number,
  figures: Figures,
): Promise<void> {
  // As after a start of the whole fleet: spread over the first interval.
  await pause(Math.random() * 15_000);
  while (performance.now() < until) {
    const started = performance.now();
    try {
      const { bootId, generation } = agent;
      const response = await dispatcher.request({
        origin: server(),
        path: '/graphql',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.key}` },
        body: JSON.stringify({ query: SYNC, variables: { input: { bootId, generation, agentVersion: '1.0.0' } } }),
      });
      const { data } = (await response.body.json()) as {
        data: { syncAgent: { syncAfterSeconds: number; generation: number; serverTime: string } };
      };
      agent.generation = data.syncAgent.generation;
      agent.acknowledged = Date.parse(data.syncAgent.serverTime);
      const phase = started - figures.startedAt > SETTLED_AFTER_MS ? 'settled' : 'begun';
      figures.taken[phase].push(performance.now() - started);
      await pause(data.syncAgent.syncAfterSeconds * 1_000);
    } catch {
      figures.failed++;
      await pause(500 + Math.random() * 1_000);
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Agents of which the database knows less than was acknowledged. */
async function lost(client: Client, agents: readonly SimulatedAgent[]): Promise<number> {
  const { rows } = await client.query<{ agent_id: string; seen: Date | null }>(
    'SELECT agent_id, last_seen_at AS seen FROM liveness',
  );
  const seen = new Map(rows.map(({ agent_id, seen: at }) => [agent_id, at?.getTime() ?? 0]));
  // The clock is read when the statement answers, a little after the row was written.
  const tolerance = 1_000;
  return agents.filter(({ id, acknowledged }) => acknowledged > seen.get(id)! + tolerance).length;
}

const INACTIVE = `SELECT count(*)::int AS count FROM liveness, hearing
  WHERE least(clock_timestamp(), heard_until + interval '15 s') - greatest(last_seen_at, heard_since) > make_interval(secs => 3 * sync_interval_seconds)`;

const TABLE = `SELECT pg_relation_size('liveness') AS bytes, n_tup_upd AS updates, n_tup_hot_upd AS hot,
  (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS commits
  FROM pg_stat_user_tables WHERE relname = 'liveness'`;

type TableFigures = Record<'bytes' | 'updates' | 'hot' | 'commits', string>;

async function main(): Promise<void> {
  const stage = await startStage();
  let server: BenchServer = stage;
  const client = new Client(stage.connection);
  await client.connect();
  const agents = await makeFleet(client);
  const dispatcher = new Agent({ connections: CONNECTIONS });
  const figures: Figures = { taken: { begun: [], settled: [] }, startedAt: performance.now(), failed: 0 };
  const table = async () => (await client.query<TableFigures>(TABLE)).rows[0]!;
  const before = await table();
  const begun = performance.now();
  const until = begun + SECONDS * 1_000;
  const lives = agents.map((agent) => live(agent, () => server.url, dispatcher, until, figures));
  let mostInactive = 0;
  let killed = false;
  while (performance.now() < until) {
    await pause(LOOK_EVERY_MS);
    const passed = (performance.now() - begun) / 1_000;
    const { rows } = await client.query<{ count: number }>(INACTIVE);
    if (passed > 60) mostInactive = Math.max(mostInactive, rows[0]!.count);
    if (Math.round(passed) % 30 < LOOK_EVERY_MS / 1_000)
      console.log(
        `${Math.round(passed)} s: ${figures.taken.begun.length + figures.taken.settled.length} syncs, ${Math.round(server.serverMemory().now / 1e6)} MB`,
      );
    if (!killed && passed > SECONDS / 2) {
      killed = true;
      await server.kill();
      console.log(`killed: ${await lost(client, agents)} acknowledged syncs are lost`);
      server = await startServer(stage.connection, stage.folder);
      figures.startedAt = performance.now();
    }
  }
  await Promise.all(lives);
  const after = await table();
  const of = (key: keyof TableFigures) => Number(after[key]) - Number(before[key]);
  const { begun: first, settled } = figures.taken;
  console.log(
    `${first.length + settled.length} syncs of ${AGENTS} agents in ${SECONDS} s, ${figures.failed} failed while the server was away`,
  );
  tell('within 20 s of a start', first);
  tell('later', settled);
  console.log(
    `${(of('updates') / of('commits')).toFixed(1)} rows a transaction; ${((100 * of('hot')) / of('updates')).toFixed(1)} % of the updates HOT`,
  );
  console.log(`liveness: ${Number(before.bytes) / 1e6} MB before, ${Number(after.bytes) / 1e6} MB after`);
  console.log(`lost at the end: ${await lost(client, agents)}; most INACTIVE at a time: ${mostInactive}`);
  await dispatcher.destroy();
  await client.end();
  if (server !== stage) await server.stop();
  await stage.stop();
}

function tell(what: string, taken: readonly number[]): void {
  const sorted = taken.toSorted((one, other) => one - other);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  console.log(`a sync ${what}: ${median(sorted).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (${sorted.length})`);
}

void main();
