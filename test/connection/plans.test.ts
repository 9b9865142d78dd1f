import type { Logger } from 'typeorm';
import { NODES, SERVICES } from '../../bench/fleet-rows';
import { createDatabase, type TestDatabase } from '../support/database';
import { reader, type Reader } from '../support/reader';

const SIZE = 5000;
const NEWEST = 'orderBy: { field: CREATED_AT, direction: DESC }';
const CHANGED = 'orderBy: { field: UPDATED_AT, direction: DESC }';

let database: TestDatabase;
let read: Reader;

beforeAll(async () => {
  database = await createDatabase();
  read = reader(database);
  for (const rows of [NODES, SERVICES]) await database.query(rows, [1, SIZE, SIZE]);
  await database.query(
    `INSERT INTO agent (id, type, runs_on_node_id) SELECT gen_random_uuid(), 'HOST_AGENT', id FROM node`,
  );
  await database.query('VACUUM ANALYZE');
});
afterAll(() => database.drop());

const nothing = () => undefined;

/** The plan of the statement that looks for the page that a query asks for. */
async function planOf(query: string): Promise<string> {
  const found: { text: string; values: unknown[] }[] = [];
  const former = database.dataSource.logger;
  database.dataSource.logger = {
    logQuery: (text: string, values?: unknown[]) => void found.push({ text, values: values ?? [] }),
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  } satisfies Logger;
  try {
    await read(query);
  } finally {
    database.dataSource.logger = former;
  }
  const { text, values } = found[0]!;
  const plan = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
  return plan.map((line) => line['QUERY PLAN']).join('\n');
}

test.each([
  ['nodes', '', 'node_name_key'],
  ['nodes', NEWEST, 'node_created_at_idx'],
  ['nodes', CHANGED, 'node_updated_at_idx'],
  ['nodes', 'filter: { environment: { eq: "staging" } }', 'node_environment_name_idx'],
  ['nodes', `filter: { environment: { eq: "staging" } } ${NEWEST}`, 'node_environment_created_at_idx'],
  ['nodes', `filter: { environment: { eq: "staging" } } ${CHANGED}`, 'node_environment_updated_at_idx'],
  ['nodes', 'filter: { labels: [{ name: "only" }] }', 'node_labels_idx'],
  ['nodes', `filter: { labels: [{ name: "rack", in: ["r7"] }] } ${NEWEST}`, 'node_label_values_idx'],
  ['nodes', 'filter: { name: { contains: "-0004242" } }', 'node_name_part_idx'],
  ['nodes', 'filter: { name: { startsWith: "web-oslo-00042" } }', 'node_name'],
  ['nodes', `filter: { name: { eq: "web-oslo-0000042" } } ${NEWEST}`, 'node_name_key'],
  ['nodes', `filter: { name: { in: ["web-oslo-0000042"] } } ${NEWEST}`, 'node_name_key'],
  ['services', '', 'service_name_key'],
  ['services', NEWEST, 'service_created_at_idx'],
  ['services', CHANGED, 'service_updated_at_idx'],
  ['services', 'filter: { environment: { eq: "staging" } }', 'service_environment_name_idx'],
  ['services', `filter: { environment: { eq: "staging" } } ${NEWEST}`, 'service_environment_created_at_idx'],
  ['services', `filter: { environment: { eq: "staging" } } ${CHANGED}`, 'service_environment_updated_at_idx'],
  ['services', 'filter: { cluster: { eq: "cluster-7" } }', 'service_cluster_idx'],
  ['services', 'filter: { labels: [{ name: "only" }] }', 'service_labels_idx'],
  ['services', 'filter: { labels: [{ name: "only", in: ["here"] }] }', 'service_label_values_idx'],
  ['services', 'filter: { name: { contains: "-0004242" } }', 'service_name_part_idx'],
  ['services', `filter: { name: { eq: "mysql-oslo-0000042" } } ${NEWEST}`, 'service_name_key'],
  ['agents', '', 'agent_created_at_idx'],
  ['agents', 'orderBy: { field: TYPE, direction: ASC }', 'agent_type_order_idx'],
  ['agents', 'filter: { type: [NODE_EXPORTER] } orderBy: { field: TYPE, direction: DESC }', 'agent_type_order_idx'],
])('%s(%s) are found by %s, and no table is read from its start to its end', async (list, own, index) => {
  const plan = await planOf(`{ ${list}(first: 50 ${own}) { pageInfo { hasNextPage } } }`);
  expect(plan).toContain(index);
  expect(plan).not.toContain('Seq Scan');
});

test.each([
  ['nodes', '', 'node_name_key'],
  ['nodes', 'filter: { name: { contains: "oslo" } }', 'node_name_key'],
  ['services', '', 'service_name_key'],
  ['services', 'filter: { name: { contains: "oslo" } }', 'service_name_key'],
])('%s(%s), by name, are found in %s alone', async (list, own, index) => {
  expect(await planOf(`{ ${list}(first: 50 ${own}) { pageInfo { hasNextPage } } }`)).toContain(
    `Index Only Scan using ${index}`,
  );
});

test.each([
  ['nodes', 'INACTIVE'],
  ['nodes', 'UNKNOWN'],
  ['agents', 'INACTIVE'],
])('%s that are %s are collected at once where the first rows do not fill the page', async (list, status) => {
  expect(await planOf(`{ ${list}(filter: { status: [${status}] }) { pageInfo { hasNextPage } } }`)).toContain(
    'CTE far',
  );
});
