// The rows of a fleet, as statements for the nodes $1 to $2 of $3. What looks random is a hash of the number: the same each time.

/** A number below `below` for the row with this number; `salt` tells the uses apart. */
const pick = (number: string, salt: number, below: number) =>
  `(((hashint8extended(${number}, ${salt}) % ${below}) + ${below}) % ${below})`;

/** One of these texts. */
const oneOf = (number: string, salt: number, texts: readonly string[]) =>
  `('{${texts.join(',')}}'::text[])[1 + ${pick(number, salt, texts.length)}]`;

/** A UUIDv7: ids grow with the time at which the rows were made. */
const id = (number: string, kind: string) =>
  `overlay(overlay(lpad(to_hex(1735689600000 + ${number}), 12, '0') || md5('${kind}' || ${number})
     placing '7' from 13) placing '8' from 17 for 1)::text`;

const uuid = (number: string, kind: string) => `left(${id(number, kind)}, 32)::uuid`;

/** Over ten months, whatever the size. */
const createdAt = (node: string) => `timestamptz '2025-01-01Z' + interval '300 days' * (${node}::float8 / $3)`;
const updatedAt = (node: string, number: string) =>
  `timestamptz '2025-11-01Z' + interval '1 day' * (${pick(number, 9, 1_000_000)}::float8 / 1e6)
   + interval '10 days' * (${node}::float8 / $3)`;

const environment = (node: string) => `CASE
  WHEN ${pick(node, 1, 1000)} < 600 THEN 'production' WHEN ${pick(node, 1, 1000)} < 800 THEN 'staging'
  WHEN ${pick(node, 1, 1000)} < 900 THEN 'development' WHEN ${pick(node, 1, 1000)} < 910 THEN 'acceptance'
  WHEN ${pick(node, 1, 1000)} < 950 THEN NULL
  ELSE 'team-' || ${pick(node, 2, 50)} END`;

const ROLES = ['db', 'cache', 'proxy', 'queue', 'search', 'web', 'batch', 'backup'];
const CITIES = ['lisbon', 'oslo', 'vienna', 'dublin', 'madrid', 'prague', 'warsaw', 'zurich', 'athens', 'berlin'];

/**
 * Labels of a node: three tiers, sixty nodes a rack, a hundred owners; `only` is on twenty nodes; `legacy` on a quarter, but on none of
 * the newer half of staging, and `drained` on an eighth, but on none of the newest 1,000 or so of staging.
 */
const nodeLabels = `jsonb_strip_nulls(jsonb_build_object(
  'tier', ${oneOf('n', 3, ['gold', 'silver', 'silver', 'silver', 'bronze', 'bronze', 'bronze', 'bronze', 'bronze', 'bronze'])},
  'rack', 'r' || n / 60,
  'owner', 'team-' || ${pick('n', 6, 100)},
  'only', CASE WHEN n % greatest($3::bigint / 20, 1) = 0 THEN 'here' END,
  'legacy', CASE WHEN ${pick('n', 7, 4)} = 0 AND NOT (environment = 'staging' AND n * 2 > $3::bigint) THEN 'yes' END,
  'drained', CASE WHEN ${pick('n', 8, 8)} = 0 AND NOT (environment = 'staging' AND n > $3::bigint - 5000) THEN 'yes' END))`;

export const NODES = `
  INSERT INTO node (id, type, name, address, region, environment, os, labels, created_at, updated_at)
  SELECT ${uuid('n', 'node')}, CASE WHEN ${pick('n', 10, 10)} = 0 THEN 'CONTAINER' ELSE 'GENERIC' END,
    concat_ws('-', ${oneOf('n', 11, ROLES)}, ${oneOf('n', 12, CITIES)}, lpad(n::text, 7, '0')),
    '10.' || (n >> 16 & 255) || '.' || (n >> 8 & 255) || '.' || (n & 255), 'region-' || ${pick('n', 13, 20)}, environment,
    'linux/amd64', ${nodeLabels}, ${createdAt('n')}, ${updatedAt('n', 'n')}
  FROM (SELECT n, ${environment('n')} AS environment FROM generate_series($1::bigint, $2::bigint) AS n) AS numbered`;

const SERVICE_TYPES = ['POSTGRESQL', 'POSTGRESQL', 'POSTGRESQL', 'MYSQL', 'MYSQL', 'MONGODB', 'VALKEY', 'HAPROXY'];

/** Three on each node; they are the numbers 3n - 2 to 3n. */
export const SERVICES = `
  INSERT INTO service (id, type, name, node_id, environment, cluster, version, address, port, labels, created_at, updated_at)
  SELECT ${uuid('s', 'service')}, type, concat_ws('-', lower(type), ${oneOf('n', 12, CITIES)}, lpad(s::text, 7, '0')),
    ${uuid('n', 'node')}, ${environment('n')}, 'cluster-' || n / 10, '16.' || ${pick('s', 14, 10)},
    CASE WHEN type <> 'HAPROXY' THEN '127.0.0.1' END, CASE WHEN type <> 'HAPROXY' THEN 5432 END,
    jsonb_strip_nulls(jsonb_build_object('team', 't' || ${pick('s', 15, 100)},
      'backup', CASE WHEN ${pick('s', 16, 3)} = 0 THEN 'daily' END,
      'only', CASE WHEN s % greatest($3::bigint / 7, 1) = 0 THEN 'here' END)),
    ${createdAt('n')}, ${updatedAt('n', 's')}
  FROM (SELECT n, s, ${oneOf('s', 17, SERVICE_TYPES)} AS type
        FROM generate_series($1::bigint, $2::bigint) AS n, generate_series(3 * n - 2, 3 * n) AS s) AS numbered`;

const AGENT_TYPES = [
  'POSTGRES_EXPORTER',
  'QAN_POSTGRESQL_PGSTATEMENTS_AGENT',
  'MYSQLD_EXPORTER',
  'QAN_MYSQL_SLOWLOG_AGENT',
];

/** Six on each node, the numbers 6n - 5 to 6n: a host agent, a node exporter and four that observe services. */
export const AGENTS = `
  INSERT INTO agent (id, type, version, labels, runs_on_node_id, supervisor_id, observed_node_id, observed_service_id,
    created_at, updated_at, enrolled_by, generation, settings)
  SELECT ${uuid('a', 'agent')},
    CASE place WHEN 0 THEN 'HOST_AGENT' WHEN 1 THEN 'NODE_EXPORTER' ELSE ('{${AGENT_TYPES.join(',')}}'::text[])[place - 1] END,
    '3.' || ${pick('a', 18, 10)} || '.0',
    jsonb_strip_nulls(jsonb_build_object('channel', CASE WHEN ${pick('a', 19, 5)} = 0 THEN 'beta' END,
      'only', CASE WHEN n % greatest($3::bigint / 20, 1) = 0 AND place = 0 THEN 'here' END)),
    ${uuid('n', 'node')}, CASE WHEN place > 0 THEN ${uuid('(6 * n - 5)', 'agent')} END,
    CASE WHEN place = 1 THEN ${uuid('n', 'node')} END,
    CASE WHEN place > 1 THEN ${uuid('(3 * n - 2 + place % 3)', 'service')} END,
    ${createdAt('n')}, ${updatedAt('n', 'a')},
    CASE WHEN place = 0 THEN 'TOKEN' END, CASE WHEN place = 0 THEN 1 END,
    CASE WHEN place > 1 THEN '{"username": "monitor"}' ELSE '{}' END::jsonb
  FROM (SELECT n, place, 6 * n - 5 + place AS a FROM generate_series($1::bigint, $2::bigint) AS n, generate_series(0, 5) AS place) AS numbered`;

/** One host in fifty has been silent for months. The others will have been heard of for as long as anybody measures. */
export const LIVENESS = `
  INSERT INTO liveness (agent_id, last_seen_at, sync_interval_seconds)
  SELECT ${uuid('(6 * n - 5)', 'agent')},
    CASE WHEN ${pick('n', 20, 50)} = 0 THEN timestamptz '2025-11-12Z' ELSE timestamptz '2125-01-01Z' END, 15
  FROM generate_series($1::bigint, $2::bigint) AS n WHERE $3::bigint > 0`;
