import { randomUUID } from 'node:crypto';
import { enrol, issueToken, register } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

test('what an enrolment afresh changes of the node and its service is told with what it was', async () => {
  const node = { name: `told-${randomUUID()}`, os: 'Debian 11', address: '192.0.2.1', tags: ['a'] };
  const { nodeId } = await enrol(server.admin, { node, postgresql: { version: '15.1' } });
  const { secret } = await issueToken(server.admin, { replacesNodeId: nodeId, region: 'eu', tags: ['b'] });
  const labels = [{ name: 'team', value: 'core' }];
  await register(server.anonymous, secret, {
    node: { name: node.name, os: 'Debian 12', labels },
    postgresql: { version: '16.4' },
  });
  const [row] = await server.database.query<{ changes: unknown[] }>(
    `SELECT changes FROM audit_event WHERE reason = 'enrolled afresh'`,
  );
  expect(row!.changes.slice(1)).toEqual([
    { field: 'os', before: 'Debian 11', after: 'Debian 12' },
    { field: 'region', before: null, after: 'eu' },
    { field: 'tags', before: '["a"]', after: '["b","a"]' },
    { field: 'labels', before: null, after: '{"team":"core"}' },
    { field: `${node.name}-postgresql: version`, before: '15.1', after: '16.4' },
  ]);
});
