import { startServer, type TestServer } from '../support/server';
import { askFor, targetsOf } from './ask';
import { makeScene, type Scene } from './scene';

let server: TestServer;
let scene: Scene;
beforeAll(async () => {
  server = await startServer();
  scene = await makeScene(server);
});
afterAll(() => server.stop());

describe('the parameters of the query choose', () => {
  test.each<[query: string, found: string[]]>([
    ['?type=POSTGRES_EXPORTER', ['postgres']],
    ['?type=node_exporter&type=external_exporter', ['machine', 'external']],
    ['?environment=production', ['postgres']],
    ['?environment=staging&environment=rds', ['machine', 'rds']],
    ['?environment=none-of-them', []],
    ['?label=rack', ['postgres', 'machine']],
    ['?label=rack=r7', ['postgres', 'machine']],
    ['?label=rack=r7&label=rack=r8', ['postgres', 'machine']],
    ['?label=rack=r8', []],
    ['?label=team=agents', ['postgres']],
    ['?label=rack=r7&label=team=nodes', ['machine']],
    ['?label=team=nodes&label=team', ['postgres', 'machine']],
    ['?label=team&label=team=nodes', ['postgres', 'machine']],
    ['?label=service_name=orders%20%22main%22', ['postgres']],
    ['?label=constructor', []],
    ['?status=unknown', ['postgres', 'machine', 'rds', 'external']],
    ['?status=RUNNING&status=WAITING', []],
    ['?type=node_exporter&environment=production', []],
    ['?type=node_exporter&environment=staging&label=az=a&status=UNKNOWN', ['machine']],
  ])('%s', async (query, found) => {
    expect(await targetsOf(server, query)).toEqual(found.map((name) => scene.groups[name]));
  });

  test.each<[query: string, path: string, message: string]>([
    ['?types=node_exporter', 'query', 'The parameters are type, status, environment, label.'],
    ['?api_key=rcu_secret', 'query', 'The parameters are'],
    ['?__proto__=1', 'query', 'The parameters are'],
    ['?type=HOST_AGENT', 'type', 'Give one of NODE_EXPORTER, MYSQLD_EXPORTER'],
    ['?type=node_exporter&type=secret', 'type', 'Give one of'],
    ['?type=', 'type', 'Give one of'],
    ['?status=ACTIVE', 'status', 'Give one of STARTING, RUNNING, WAITING, STOPPING, DONE, UNKNOWN.'],
    ['?environment=', 'environment', 'Give the name of an environment.'],
    ['?label=', 'label', 'Give NAME, or NAME=VALUE.'],
    ['?label=secret-name=x', 'label', 'Give NAME, or NAME=VALUE.'],
    ['?label=__scheme__=https', 'label', 'Give NAME, or NAME=VALUE.'],
    ['?label=rack=', 'label', 'Give NAME, or NAME=VALUE.'],
  ])('%s is a 400 that names what there is and repeats nothing', async (query, path, message) => {
    const { status, text } = await askFor(server, query);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 'BAD_USER_INPUT', fields: [{ path, message: expect.stringContaining(message) }] },
    });
    expect(text).not.toContain('secret');
  });
});
