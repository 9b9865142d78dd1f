import { chmodSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { request } from 'undici';
import type { DatabaseConnection } from '../src/database/embedded/embedded-postgres';
import { fleetOf } from './fleet';
import { median } from './rounds';
import { startPostgres, startServer, type BenchServer } from './stage';

// What it costs that Prometheus asks for its targets: 60,000 of them, three exporters on each of 20,000 nodes.
// Goal: an answer within a second.
//   npm run bench:prometheus-discovery [data folder, kept]

const NODES = 20_000;
const WARM_UP = 3;
const ROUNDS = 11;

/** The exporters of the fleet, which has been told of none where it listens. */
const LISTEN = `
  UPDATE agent SET listen_port = 42000 + abs(hashtext(id::text)) % 1000
  WHERE type IN ('NODE_EXPORTER', 'POSTGRES_EXPORTER', 'MYSQLD_EXPORTER') AND listen_port IS NULL;
  VACUUM ANALYZE agent`;

async function main(): Promise<void> {
  const folder = process.argv[2] ?? realpathSync(mkdtempSync(path.join(tmpdir(), 'rollcall-bench-')));
  chmodSync(folder, 0o711);
  const postgres = await startPostgres(folder);
  try {
    const place = await fleetOf(NODES, postgres.connection);
    await listen(place);
    const server = await startServer(place, path.join(folder, place.database));
    try {
      await measure(server);
    } finally {
      await server.stop();
    }
  } finally {
    await postgres.stop();
  }
}

async function listen(place: DatabaseConnection): Promise<void> {
  const client = new Client(place);
  await client.connect();
  for (const statement of LISTEN.split(';')) await client.query(statement);
  await client.end();
}

async function measure(server: BenchServer): Promise<void> {
  console.log(`resident memory in MB at the start: ${megabytes(server)}`);
  const { etag } = await ask(server, '');
  console.log(`after the first answer: ${megabytes(server)}\n`);
  console.log('| what | targets | MB | ms | server, ms of CPU | longest wait of another, ms |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  await compare(server, 'all', '');
  await compare(server, 'all, known by its ETag: 304', '', { 'if-none-match': etag });
  await compare(server, 'one type', '?type=node_exporter');
  await compare(server, 'an environment', '?environment=acceptance');
  await compare(server, 'a label', '?label=rack=r77');
  console.log(`\nafter asking one by one: ${megabytes(server)}`);
  await Promise.all(Array.from({ length: 4 }, () => ask(server, '')));
  console.log(`and after four who asked at once: ${megabytes(server)}`);
}

async function compare(server: BenchServer, what: string, query: string, headers: object = {}): Promise<void> {
  const times: number[] = [];
  const waits: number[] = [];
  let told = { targets: 0, bytes: 0 };
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const others = watchOthers(server);
    const started = performance.now();
    told = await ask(server, query, headers);
    const time = performance.now() - started;
    const wait = await others.stop();
    if (round < 0) continue;
    times.push(time);
    waits.push(wait);
  }
  const cpu = server.serverCpu();
  for (let round = 0; round < ROUNDS; round++) await ask(server, query, headers);
  const each = (server.serverCpu() - cpu) / 1000 / ROUNDS;
  const spread = `${median(times).toFixed(0)} (${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)})`;
  console.log(
    `| ${what} | ${told.targets} | ${(told.bytes / 1e6).toFixed(1)} | ${spread} | ${each.toFixed(0)} | ${median(waits).toFixed(0)} (${Math.max(...waits).toFixed(0)}) |`,
  );
}

/** Asks over and over whether the server is alive; tells the longest that it took. */
function watchOthers({ url }: BenchServer): { stop(): Promise<number> } {
  const over = new AbortController();
  let longest = 0;
  const watching = (async () => {
    while (!over.signal.aborted) {
      const started = performance.now();
      await (await request(`${url}/healthz`)).body.dump();
      longest = Math.max(longest, performance.now() - started);
    }
  })();
  return {
    async stop() {
      over.abort();
      await watching;
      return longest;
    },
  };
}

async function ask({ url, adminKey }: BenchServer, query: string, headers: object = {}) {
  const {
    statusCode,
    headers: told,
    body,
  } = await request(`${url}/api/v1/prometheus/sd${query}`, {
    headers: { authorization: `Bearer ${adminKey}`, ...headers },
  });
  const taken = Buffer.from(await body.arrayBuffer());
  if (statusCode !== 200 && statusCode !== 304) throw new Error(`${statusCode}: ${taken.toString()}`);
  return { etag: String(told['etag']), bytes: taken.length, targets: count(taken, '"targets":') };
}

function count(taken: Buffer, part: string): number {
  let found = 0;
  for (let at = taken.indexOf(part); at !== -1; at = taken.indexOf(part, at + 1)) found++;
  return found;
}

function megabytes(server: BenchServer): string {
  const { now, most } = server.serverMemory();
  return `${(now / 1e6).toFixed(0)}, at most ${(most / 1e6).toFixed(0)}`;
}

void main();
