import { Role } from '../../src/access/role';
import { dataOf, graphqlClient } from '../support/client';
import { createDatabase } from '../support/database';
import { serve, temporaryFolder } from '../support/process';
import { issueKey } from '../support/server';

// Only the built program knows when it was built.
test('version tells commit and builtAt only to who has a key', async () => {
  const [database, folder] = [await createDatabase(), temporaryFolder()];
  const key = await issueKey(database.dataSource, Role.VIEWER);
  const server = await serve({ DATABASE_URL: database.url, ROLLCALL_DATA_DIR: folder.path });
  try {
    const ask = async (presented?: string) =>
      dataOf(await graphqlClient(server.url, presented)('{ version { version commit builtAt } }')).version;
    expect(await ask()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/), commit: null, builtAt: null });
    expect(await ask(key)).toMatchObject({ builtAt: expect.stringMatching(/Z$/) });
  } finally {
    await server.kill();
    await database.drop();
    folder.remove();
  }
});
