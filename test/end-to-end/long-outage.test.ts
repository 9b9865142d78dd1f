import { dataOf, graphqlClient } from '../support/client';
import { issueToken, register, sync } from '../support/enrol';
import { adminOf, openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

it('After a long outage of the server no living agent reads INACTIVE before three intervals, and one that was silent before stays so', async () => {
  const database = await stage.database();
  const dataDir = stage.folder();
  const serve = () => stage.serve(dataDir, { DATABASE_URL: database.url });
  const before = await serve();
  const admin = adminOf(before, dataDir);
  for (const name of ['living', 'silent', 'never-seen']) {
    const { secret } = await register(admin, (await issueToken(admin)).secret, { node: { name } });
    if (name !== 'never-seen') dataOf(await sync(graphqlClient(before.url, secret)));
  }
  await before.kill('SIGTERM');
  // The outage began an hour ago, when one of the agents had been silent for a minute: four intervals.
  await database.query(
    `UPDATE hearing SET heard_until = heard_until - interval '1 hour', deaf_since = NULL, heard_since = NULL`,
  );
  await database.query(
    `UPDATE liveness SET sync_interval_seconds = 15, last_seen_at = last_seen_at - interval '1 hour'`,
  );
  await database.query(
    `UPDATE liveness SET last_seen_at = last_seen_at - interval '1 minute'
     WHERE agent_id = (SELECT agent.id FROM agent JOIN node ON node.id = runs_on_node_id WHERE node.name = 'silent')`,
  );

  const after = adminOf(await serve(), dataDir);
  const statuses = async () => {
    const { nodes } = dataOf(await after('{ nodes { nodes { name status } } }')).nodes;
    return Object.fromEntries(nodes.map(({ name, status }: Record<string, string>) => [name, status]));
  };

  expect(await statuses()).toEqual({ living: 'ACTIVE', silent: 'INACTIVE', 'never-seen': 'INACTIVE' });
  expect(dataOf(await after('{ nodes(filter: { status: [ACTIVE] }) { nodes { name } } }')).nodes.nodes).toEqual([
    { name: 'living' },
  ]);

  // Three intervals, all but a moment, after the server is back; then three and a moment.
  await database.query(`UPDATE hearing SET heard_since = clock_timestamp() - interval '40 s'`);
  expect(await statuses()).toMatchObject({ living: 'ACTIVE' });
  await database.query(`UPDATE hearing SET heard_since = clock_timestamp() - interval '46 s'`);
  expect(await statuses()).toMatchObject({ living: 'INACTIVE' });
});
