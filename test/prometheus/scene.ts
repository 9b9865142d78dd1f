import * as agents from '../agent/agent-requests';
import * as nodes from '../node/node-requests';
import * as services from '../service/service-requests';
import { enrol } from '../support/enrol';
import type { TestServer } from '../support/server';

/** A group as Prometheus reads it. */
export interface Group {
  targets: string[];
  labels: Record<string, string>;
}

/** What is in an inventory for Prometheus to find, by what it is called in tests. */
export interface Scene {
  /** Ids of agents. */
  ids: Record<string, string>;
  /** The expected groups. */
  groups: Record<string, Group>;
}

const label = (name: string, value: string) => ({ name, value });

/** Says where an agent listens, as its host agent would. */
export async function listens({ database }: TestServer, id: string, port: number): Promise<void> {
  await database.query('UPDATE agent SET listen_port = $2 WHERE id = $1', [id, port]);
}

/**
 * A host with PostgreSQL, its exporter and that of the machine; an RDS instance that is asked from there; a remote node with an external
 * exporter, at an IPv6 address. The groups are in the order of the agents' ids.
 */
export async function makeScene(server: TestServer): Promise<Scene> {
  const { editor } = server;
  const host = await enrol(server.admin, {
    node: {
      name: 'db1',
      address: '192.0.2.7',
      model: 'R640',
      region: 'eu-west',
      zone: 'a',
      environment: 'staging',
      machineId: 'm-1',
      labels: [label('rack', 'r7'), label('team', 'nodes')],
    },
  });
  const supervisorId = host.agentId;
  const postgresql = await services.add(editor, 'postgresql', {
    nodeId: host.nodeId,
    name: 'orders "main"',
    environment: 'production',
    cluster: 'orders',
    replicationSet: 'rs0',
    labels: [label('team', 'services'), label('tier', 'gold')],
  });
  const rds = await nodes.add(editor, 'remoteRds', { name: 'rds1', environment: 'rds' });
  const remote = await nodes.add(editor, 'remote', { name: 'cache1', address: '2001:db8::7' });
  const external = await services.add(editor, 'external', { nodeId: remote.id, name: 'cache', group: 'redis' });
  const exporters = {
    postgres: await agents.add(editor, 'postgresExporter', {
      supervisorId,
      serviceId: postgresql.id,
      username: 'monitor',
      password: 'never-to-be-told',
      labels: [label('team', 'agents')],
    }),
    machine: await agents.add(editor, 'nodeExporter', { supervisorId }),
    rds: await agents.add(editor, 'rdsExporter', { supervisorId, nodeId: rds.id, awsSecretKey: 'never-to-be-told' }),
    external: await agents.add(editor, 'externalExporter', {
      runsOnNodeId: remote.id,
      serviceId: external.id,
      listenPort: 9121,
      scheme: 'https',
      metricsPath: '/redis/metrics',
    }),
  };
  for (const [index, { id }] of [exporters.postgres, exporters.machine, exporters.rds].entries())
    await listens(server, id, 42_000 + index);
  const ids = Object.fromEntries(Object.entries(exporters).map(([name, { id }]) => [name, id as string]));
  const own = (name: string, agent_type: string) => ({ agent_id: ids[name]!, instance: ids[name]!, agent_type });
  const db1 = {
    node_id: host.nodeId,
    node_name: 'db1',
    node_type: 'generic',
    machine_id: 'm-1',
    node_model: 'R640',
    region: 'eu-west',
    az: 'a',
    rack: 'r7',
  };
  const groups = {
    postgres: {
      targets: ['192.0.2.7:42000'],
      labels: {
        ...db1,
        environment: 'production',
        team: 'agents',
        tier: 'gold',
        service_id: postgresql.id,
        service_name: 'orders "main"',
        service_type: 'postgresql',
        cluster: 'orders',
        replication_set: 'rs0',
        ...own('postgres', 'postgres_exporter'),
      },
    },
    machine: {
      targets: ['192.0.2.7:42001'],
      labels: { ...db1, environment: 'staging', team: 'nodes', ...own('machine', 'node_exporter') },
    },
    rds: {
      targets: ['192.0.2.7:42002'],
      labels: {
        node_id: rds.id,
        node_name: 'rds1',
        node_type: 'remote_rds',
        region: 'eu-west-1',
        environment: 'rds',
        ...own('rds', 'rds_exporter'),
      },
    },
    external: {
      targets: ['[2001:db8::7]:9121'],
      labels: {
        node_id: remote.id,
        node_name: 'cache1',
        node_type: 'remote',
        service_id: external.id,
        service_name: 'cache',
        service_type: 'external',
        external_group: 'redis',
        __scheme__: 'https',
        __metrics_path__: '/redis/metrics',
        ...own('external', 'external_exporter'),
      },
    },
  };
  return { ids, groups };
}
