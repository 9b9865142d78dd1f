import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as agents from '../agent/agent-requests';
import { eventually } from '../database/embedded/data-folders';
import * as nodes from '../node/node-requests';
import * as services from '../service/service-requests';
import { exampleFolder, hasPrometheus, startPrometheus, type PrometheusProcess } from '../support/prometheus';
import { startServer, type TestServer } from '../support/server';

jest.setTimeout(90_000);

const withPrometheus = hasPrometheus('The tests with a real Prometheus') ? describe : describe.skip;

interface Targets {
  activeTargets: { labels: Record<string, string>; scrapeUrl: string; health: string }[];
}

interface Found {
  result: { metric: Record<string, string>; value: [number, string] }[];
}

const SOONER: [string, string][] = [
  ['scrape_interval: 30s', 'scrape_interval: 1s'],
  ['refresh_interval: 1m', 'refresh_interval: 1s'],
];

/** The example, but for how often. */
const sooner = (config: string) => SOONER.reduce((text, [from, to]) => text.replace(from, to), config);

withPrometheus('a real Prometheus with the example configuration', () => {
  let server: TestServer;
  let exporter: Server;
  let port: number;
  beforeAll(async () => {
    server = await startServer();
    exporter = createServer(({ url }, answer) => answer.writeHead(url === '/own/path' ? 200 : 404).end('answers 42\n'));
    exporter.listen(0, '::1');
    await once(exporter, 'listening');
    ({ port } = exporter.address() as AddressInfo);
  });
  afterAll(async () => {
    exporter.close();
    await server.stop();
  });

  test.each([
    ['as it stands', sooner],
    [
      'without a type of the credentials, so that it sends the bare key',
      (config: string) => sooner(config).replace('type: Bearer\n', '\n'),
    ],
  ])('%s: finds an agent with our labels, asks it, and loses it when it is disabled', async (_, change) => {
    const node = await nodes.add(server.editor, 'remote', { address: '::1', region: 'eu-west' });
    const service = await services.add(server.editor, 'external', {
      nodeId: node.id,
      group: 'redis',
      environment: 'production',
      labels: [{ name: 'tier', value: 'gold "1"' }],
    });
    const agent = await agents.add(server.editor, 'externalExporter', {
      runsOnNodeId: node.id,
      serviceId: service.id,
      listenPort: port,
      metricsPath: '/own/path',
    });
    await withRunning(change, async (prometheus) => {
      const targets = async () => (await prometheus.ask<Targets>('targets?state=active')).activeTargets;
      const own = async () => (await targets()).find(({ labels }) => labels['job'] === 'fleet');
      await eventually(async () => (await own())?.health === 'up');
      expect(await own()).toMatchObject({
        scrapeUrl: `http://[::1]:${port}/own/path`,
        labels: {
          job: 'fleet',
          instance: agent.id,
          agent_id: agent.id,
          agent_type: 'external_exporter',
          node_id: node.id,
          node_name: node.name,
          node_type: 'remote',
          region: 'eu-west',
          service_name: service.name,
          environment: 'production',
          external_group: 'redis',
          tier: 'gold "1"',
        },
      });
      await agents.update(server.editor, agent.id, { disabled: true });
      await eventually(async () => (await own()) === undefined);
    });
  });

  test('scrapes the server, and evaluates the alerts', async () => {
    await withRunning(sooner, async (prometheus) => {
      const query = async (text: string) =>
        (await prometheus.ask<Found>(`query?query=${encodeURIComponent(text)}`)).result.map(({ value }) => value[1]);
      await eventually(async () => (await query('rollcall_database_up{job="rollcall"}')).join() === '1');
      expect(await query('up{job="rollcall"}')).toEqual(['1']);
      const { groups } = await prometheus.ask<{ groups: { rules: { name: string; lastError?: string }[] }[] }>('rules');
      const rules = groups.flatMap((group) => group.rules);
      expect(rules).toHaveLength(8);
      expect(rules.filter(({ lastError }) => lastError !== undefined)).toEqual([]);
    });
  });

  async function withRunning(
    change: (config: string) => string,
    work: (prometheus: PrometheusProcess) => Promise<void>,
  ): Promise<void> {
    const folder = exampleFolder(server.url, server.keys.VIEWER, change);
    const prometheus = await startPrometheus(folder);
    try {
      await work(prometheus);
    } finally {
      await prometheus.stop();
      folder.remove();
    }
  }
});
