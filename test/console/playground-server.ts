import { Role } from '../../src/access/role';
import { dataOf } from '../support/client';
import { enrol } from '../support/enrol';
import { issueKey, startServer } from '../support/server';

/** The real server, with the playground on it and one node on its roll. */
export interface PlaygroundServer {
  /** The address of the page, below a base path. */
  url: string;
  /** A key that is good, and one that is not any more. */
  key: string;
  revokedKey: string;
  nodeName: string;
  version: string;
  stop: () => Promise<void>;
}

/** Starts the server below a base path, as behind a proxy that it shares with others. */
export async function startPlaygroundServer(): Promise<PlaygroundServer> {
  const server = await startServer({ basePath: '/fleet' });
  const nodeName = 'db-eu-1';
  await enrol(server.admin, { node: { name: nodeName } });
  const revokedKey = await issueKey(server.database.dataSource, Role.VIEWER);
  const { id } = dataOf(await server.as(revokedKey)('{ caller { apiKey { id } } }')).caller.apiKey;
  dataOf(await server.admin('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }', { id }));
  const { version } = dataOf(await server.anonymous('{ version { version } }')).version;
  const stop = () => server.stop();
  return { url: `${server.url}/graphql`, key: server.keys.ADMIN, revokedKey, nodeName, version, stop };
}
