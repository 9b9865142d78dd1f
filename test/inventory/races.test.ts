import { openStage } from '../end-to-end/stage';
import { openArena, type Arena } from './races/arena';
import { RACES_FOR_ONE } from './races/races';
import { RACES_OF_AGENTS } from './races/races-of-agents';
import { RACES_OF_REQUESTS } from './races/races-of-requests';
import { RACES_OF_SIDES } from './races/races-of-sides';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let arena: Arena;
beforeAll(async () => (arena = await openArena(stage)));

const RACES = [...RACES_FOR_ONE, ...RACES_OF_SIDES, ...RACES_OF_AGENTS, ...RACES_OF_REQUESTS];

test.each(RACES)('each gets what it may and the others their refusal, while $what', async ({ sides }) => {
  const before = await arena.deadlocks();
  const results = await arena.race(await sides(arena));
  expect(results.map(({ came }) => came)).toEqual(results.map(({ allowed }) => allowed));
  expect(await arena.deadlocks()).toBe(before);
});

const ONE_ROW = 'looks at one row alone, and that is judged while it is locked';
const OWN_ID = 'ids are made by the server, none twice';

/** What no race decides, and why. */
const UNRACED: Record<string, string> = {
  node_pkey: OWN_ID,
  service_pkey: OWN_ID,
  agent_pkey: OWN_ID,
  node_type_check: ONE_ROW,
  node_name_check: ONE_ROW,
  node_region_check: ONE_ROW,
  node_rds_address_check: ONE_ROW,
  node_labels_check: ONE_ROW,
  service_type_check: ONE_ROW,
  service_name_check: ONE_ROW,
  service_labels_check: ONE_ROW,
  service_port_check: ONE_ROW,
  service_group_check: ONE_ROW,
  agent_type_check: ONE_ROW,
  agent_labels_check: ONE_ROW,
  agent_settings_check: ONE_ROW,
  agent_external_port_check: ONE_ROW,
  agent_reported_status_check: ONE_ROW,
  agent_supervisor_check: ONE_ROW,
  agent_listen_port_check: ONE_ROW,
  agent_observes_check: ONE_ROW,
};

test('every constraint on nodes, services and agents is raced for, or has a reason why not', async () => {
  const found = await arena.database.query<{ name: string }>(
    `WITH roll (id) AS (VALUES ('node'::regclass), ('service'), ('agent'))
     SELECT conname AS name FROM pg_constraint
     WHERE contype IN ('c', 'f', 'u', 'x') AND (conrelid IN (SELECT id FROM roll) OR confrelid IN (SELECT id FROM roll))
     UNION SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND indrelid IN (SELECT id FROM roll)`,
  );
  const raced = RACES.flatMap(({ constraints }) => constraints);
  const known = new Set([...raced, ...Object.keys(UNRACED)]);
  expect([...known].toSorted()).toEqual(found.map(({ name }) => name).toSorted());
  expect(raced.filter((name) => name in UNRACED)).toEqual([]);
});
