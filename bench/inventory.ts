import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import type { DatabaseConnection } from '../src/database/embedded/embedded-postgres';
import { fleetOf } from './fleet';
import { countOf, LARGE, pageOf, QUERIES, type ListQuery } from './inventory-queries';
import { middles } from './middle';
import { poster, type Post } from './post';
import { interleaved, median } from './rounds';
import { startPostgres, startServer } from './stage';

// What asking costs in a fleet of a million nodes, three million services and six million agents, against one of ten thousand nodes:
// two databases in one cluster, a server of the same code on each, asked in turns. Goal: a page within 1.2.
//   npm run bench:inventory [data folder, kept] [only queries whose words match]

const SMALL = 10_000;
/** So often the servers are asked before anything is measured: what comes first would else tell of code that is not compiled yet. */
const ASKED_BEFORE = 300;
const WARM_UP = 3;
const ROUNDS = 31;

const ISSUE = 'mutation ($name: String!) { issueApiKey(input: { name: $name, role: VIEWER }) { secret } }';

const BIG_NODE_ID = '01941f29-0000-7000-8000-000000000000';
const BIG_NODE = `
  INSERT INTO node (id, type, name, address) VALUES ('${BIG_NODE_ID}', 'GENERIC', 'big', '192.0.2.1') ON CONFLICT DO NOTHING;
  INSERT INTO service (id, type, name, node_id, address, port)
  SELECT gen_random_uuid(), 'POSTGRESQL', 'big-' || n, '${BIG_NODE_ID}', '127.0.0.1', n FROM generate_series(1, 1000) AS n
  ON CONFLICT DO NOTHING`;
const REMOVE = 'mutation ($id: ID!) { removeNode(input: { id: $id, force: true }) { removedServices } }';

/** One fleet, with a server on it, asked as a viewer. */
interface Fleet {
  ask(query: string, variables?: object): Promise<Record<string, never>>;
  /** A cursor in the middle of the list of a query; null when its first page has none to go by. */
  middle(query: ListQuery): Promise<string | null>;
  /** Puts a node with 1,000 services into the database, unless it is there. */
  addBigNode(): Promise<unknown>;
  removeBigNode(): Promise<unknown>;
  /** Of what comes and goes, GIN indexes keep a list that every search reads until somebody works it in. */
  tidy(): Promise<unknown>;
  stop(): Promise<void>;
}

type Sizes = Record<'small' | 'large', Fleet>;

async function main(): Promise<void> {
  const folder = process.argv[2] ?? realpathSync(mkdtempSync(path.join(tmpdir(), 'rollcall-bench-')));
  const wanted = new RegExp(process.argv[3] ?? '');
  chmodSync(folder, 0o711);
  const postgres = await startPostgres(folder);
  const open = async (nodes: number) => openFleet(await fleetOf(nodes, postgres.connection), folder);
  const fleets = { small: await open(SMALL), large: await open(LARGE) };
  try {
    await measure(fleets, wanted);
  } finally {
    await Promise.all(Object.values(fleets).map((fleet) => fleet.stop()));
    await postgres.stop();
  }
}

async function measure(fleets: Sizes, wanted: RegExp): Promise<void> {
  await Promise.all(Object.values(fleets).map(askOften));
  console.log(`| what | page | ${SMALL} nodes, ms | ${LARGE} nodes, ms | ratio |\n| --- | --- | --- | --- | --- |`);
  for (const query of QUERIES.filter((one) => wanted.test(words(one)))) await comparePages(fleets, query);
  for (const query of QUERIES.filter(isFirstOfItsFilter).filter((one) => wanted.test(`${countWords(one)} total`)))
    await compare(fleets, countWords(query), 'totalCount', (fleet) =>
      fleet.ask(countOf(query), { filter: query.filter }),
    );
  for (const [what, query] of Object.entries(OTHERS))
    if (wanted.test(what)) await compare(fleets, what, '', (fleet) => fleet.ask(query));
  if (wanted.test(REMOVAL)) await compareRemovals(fleets);
}

async function askOften(fleet: Fleet): Promise<void> {
  for (let count = 0; count < ASKED_BEFORE; count++) await fleet.ask(pageOf(QUERIES[count % QUERIES.length]!));
}

const OTHERS = {
  serviceTypesInUse: '{ serviceTypesInUse }',
  'fleetSummary, counted at most every 5 s': '{ fleetSummary { nodes nodesActive services agents } }',
  '50 nodes with 20 services with 20 agents each':
    '{ nodes(first: 50) { nodes { name services(first: 20) { nodes { name agents(first: 20) { pageInfo { endCursor } } } } } } }',
};

const REMOVAL = 'removal of a node with 1,000 services';

async function compareRemovals(fleets: Sizes): Promise<void> {
  const prepare = () => Promise.all(Object.values(fleets).map((fleet) => fleet.addBigNode()));
  await compare(fleets, REMOVAL, '', (fleet) => fleet.removeBigNode(), prepare);
  await Promise.all(Object.values(fleets).map((fleet) => fleet.tidy()));
}

async function comparePages(fleets: Sizes, query: ListQuery): Promise<void> {
  const page = pageOf(query);
  const { filter, orderBy } = query;
  await compare(fleets, words(query), 'first', (fleet) => fleet.ask(page, { filter, orderBy }));
  const after = { small: await fleets.small.middle(query), large: await fleets.large.middle(query) };
  if (after.small === null || after.large === null) return;
  await compare(fleets, words(query), 'middle', (fleet, size) =>
    fleet.ask(page, { filter, orderBy, after: after[size] }),
  );
}

async function compare(
  fleets: Sizes,
  what: string,
  page: string,
  ask: (fleet: Fleet, size: keyof Sizes) => Promise<unknown>,
  prepare: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  const timed = (size: keyof Sizes) => async () => {
    await prepare();
    const started = performance.now();
    await ask(fleets[size], size);
    return performance.now() - started;
  };
  const variants = { small: timed('small'), large: timed('large') };
  try {
    await interleaved(variants, WARM_UP);
    const times = await interleaved(variants, ROUNDS);
    const ratio = (median(times.large) / median(times.small)).toFixed(2);
    console.log(`| ${what} | ${page} | ${spread(times.small)} | ${spread(times.large)} | ${ratio} |`);
  } catch (error) {
    console.log(`| ${what} | ${page} | ${String(error)} |`);
  }
}

/** The median, and the shortest and the longest. */
function spread(times: readonly number[]): string {
  const [middle, least, most] = [median(times), Math.min(...times), Math.max(...times)].map((time) => time.toFixed(1));
  return `${middle} (${least}–${most})`;
}

async function openFleet(place: DatabaseConnection, folder: string): Promise<Fleet> {
  const server = await startServer(place, path.join(folder, place.database));
  const { post, close } = poster(server.url, 1);
  const asAdmin = askAs(post, server.adminKey);
  const { issueApiKey } = await asAdmin(ISSUE, { name: `bench-${randomUUID()}` });
  const ask = askAs(post, (issueApiKey as unknown as { secret: string }).secret);
  const middle = await middles(place);
  const client = new Client(place);
  await client.connect();
  return {
    ask,
    addBigNode: () => client.query(BIG_NODE),
    removeBigNode: () => asAdmin(REMOVE, { id: BIG_NODE_ID }),
    tidy: () => client.query('VACUUM node, service'),
    async middle(query) {
      const { filter, orderBy } = query;
      const { list } = (await ask(pageOf(query), { filter, orderBy })) as unknown as {
        list: { pageInfo: { startCursor: string | null } };
      };
      return middle.cursor(query, list.pageInfo.startCursor);
    },
    async stop() {
      await client.end();
      await middle.close();
      await close();
      await server.stop();
    },
  };
}

function askAs(post: Post, key: string): Fleet['ask'] {
  return async (query, variables) => (await post(JSON.stringify({ query, variables }), key)).data;
}

function countWords({ list, what }: ListQuery): string {
  return `${list}: ${what}`;
}

function words({ list, what, orderBy }: ListQuery): string {
  return `${list}: ${what}, by ${orderBy.field}`;
}

function isFirstOfItsFilter(query: ListQuery, index: number): boolean {
  return QUERIES[index - 1]?.what !== query.what;
}

void main();
