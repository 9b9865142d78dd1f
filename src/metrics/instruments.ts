import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Of requests, in seconds: a sync takes milliseconds, and timeouts.request is a minute. */
const REQUEST_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const LAG_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export type Instruments = ReturnType<typeof createInstruments>;
export type FleetInstruments = ReturnType<typeof createFleetInstruments>;

/**
 * What one server measures of itself, in a registry of its own. What labels say is ours: names of the schema and of routes, codes, states. Nothing
 * that a caller sends gets into one, so that there are only so many.
 */
export function createInstruments() {
  const { registry, counter, gauge, histogram } = makers();
  return {
    registry,
    build: gauge('build_info', '1, with the version that runs here.', ['version']),
    requestSeconds: histogram(
      'http_request_duration_seconds',
      'How long requests took, by route and status.',
      REQUEST_BUCKETS,
      ['method', 'route', 'status'],
    ),
    fields: counter(
      'graphql_requests_total',
      'Fields of Query and Mutation that were asked for, by what came of them; none where it came to no field.',
      ['operation', 'field', 'code'],
    ),
    enrolments: counter('enrolments_total', 'Attempts to enrol an agent, by what came of them.', ['method', 'code']),
    syncs: counter('syncs_total', 'Syncs of host agents, by what came of them.', ['code']),
    ignoredReports: counter(
      'ignored_status_reports_total',
      'What host agents reported of agents that are not theirs, or of no status that such an agent has.',
    ),
    eventLoopLag: histogram(
      'event_loop_lag_seconds',
      'How late a timer was that is due ten times a second.',
      LAG_BUCKETS,
    ),
    databaseUp: gauge('database_up', '1 when the database answered this scrape, else 0.'),
    connections: gauge('database_connections', 'Connections to the database, by state.', ['state']),
    connectionWaits: gauge('database_waiting_requests', 'How many wait for a connection to the database.'),
    keyCacheEntries: gauge('key_cache_entries', 'Keys that this server remembers.'),
    keyCacheLookUps: counter('key_cache_lookups_total', 'Keys that were presented, by whether they were remembered.', [
      'outcome',
    ]),
  };
}

/** What the database tells: the same from every server, at most 5 s old. */
export function createFleetInstruments() {
  const { registry, gauge } = makers();
  return {
    registry,
    nodes: gauge('nodes', 'Nodes of the fleet, by status.', ['status']),
    services: gauge('services', 'Services of the fleet, by type.', ['type']),
    agents: gauge('agents', 'Agents of the fleet, by type.', ['type']),
    auditWaiting: gauge(
      'audit_waiting_rows',
      'Rows of the audit trail that wait for the chain; 10,000 stands for more.',
    ),
    auditLag: gauge('audit_lag_seconds', 'How long the oldest of these rows has waited.'),
    pendingRequests: gauge('registration_requests_pending', 'Registration requests that wait for an administrator.'),
  };
}

function makers() {
  const registry = new Registry();
  const about = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) => ({
    name: `rollcall_${name}`,
    help,
    labelNames,
    registers: [registry],
  });
  return {
    registry,
    gauge: <Label extends string>(name: string, help: string, labels: readonly Label[] = []) =>
      new Gauge(about(name, help, labels)),
    counter: <Label extends string>(name: string, help: string, labels: readonly Label[] = []) =>
      new Counter(about(name, help, labels)),
    histogram: <Label extends string>(name: string, help: string, buckets: number[], labels: readonly Label[] = []) =>
      new Histogram({ ...about(name, help, labels), buckets }),
  };
}
