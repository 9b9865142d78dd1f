import { connect, type Socket } from 'node:net';
import { eventually } from '../database/embedded/data-folders';
import { makeHostAgent, makeNode } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { askFor, PATH, targetsOf } from './ask';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const nodeId = await makeNode(server.database, { labels: { long: 'x'.repeat(900) } });
  const hostId = await makeHostAgent(server.database, nodeId);
  // More than what lies between a server and a client that does not read.
  await server.database.query(
    `INSERT INTO agent (id, type, runs_on_node_id, supervisor_id, observed_node_id, listen_port)
     SELECT gen_random_uuid(), 'NODE_EXPORTER', $1, $2, $1, 9100 FROM generate_series(1, 20000)`,
    [nodeId, hostId],
  );
});
afterAll(() => server.stop());

/** Asks, and stops reading at the first bytes of the answer. */
async function slowReader(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${PATH} HTTP/1.1\r\nhost: x\r\nauthorization: ${server.keys.VIEWER}\r\n\r\n`);
  await new Promise<void>((resolve) => socket.once('readable', resolve));
  return socket;
}

test('four who do not take their answers keep others waiting, who are told so in time and answered once one has left', async () => {
  const readers = [await slowReader(), await slowReader(), await slowReader(), await slowReader()];
  const { status, text } = await askFor(server, '');
  expect([status, JSON.parse(text)]).toMatchObject([503, { error: { code: 'UNAVAILABLE' } }]);
  readers.pop()!.destroy();
  await eventually(async () => (await askFor(server, '')).status === 200);
  expect(await targetsOf(server)).toHaveLength(20_000);
  for (const reader of readers) reader.destroy();
});
