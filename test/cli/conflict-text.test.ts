import { ask, approve, makeAgentKey, readRequest, unlock } from '../client-registry/requests';
import { dataOf } from '../support/client';
import { enrol, sync } from '../support/enrol';
import { makeNode } from '../support/inventory';
import { startServer, type TestServer } from '../support/server';
import { commandsOn, type Commands } from './on-server';
import { temporaryFolder } from './rollcall-process';

const folder = temporaryFolder();
let server: TestServer;
let commands: Commands;

beforeAll(async () => {
  server = await startServer();
  commands = commandsOn(server, folder);
  await unlock(server.admin, '1h');
});
afterAll(() => server.stop());

describe('the conflict of a request', () => {
  test.each<[string, (name: string) => Promise<unknown>, RegExp, number, RegExp]>([
    [
      'active',
      async (name) => {
        const { secret } = await enrol(server.admin, { node: { name } });
        dataOf(await sync(server.as(secret)));
      },
      /the name belongs to the node active \([0-9a-f-]{36}\), ACTIVE, last seen (now|\d+s ago)\./,
      1,
      /With --replace this agent takes the place of [0-9a-f-]{36}, whose key ends; ids, services,/,
    ],
    [
      'silent',
      async (name) => {
        const key = makeAgentKey();
        await approve(server.admin, await ask(server.anonymous, key, name));
      },
      /the name belongs to the node silent \([0-9a-f-]{36}\), INACTIVE, last seen never\./,
      1,
      /With --replace this agent takes the place of [0-9a-f-]{36}, whose key ends; ids, services,/,
    ],
    [
      'made-by-hand',
      (name) => makeNode(server.database, { name }),
      /the name belongs to the node made-by-hand \([0-9a-f-]{36}\), UNKNOWN, last seen never\./,
      0,
      /With --replace the node, which has no host agent, gets this one; ids, services,/,
    ],
    [
      'asked-for',
      (name) => ask(server.anonymous, makeAgentKey(), name),
      /an older request asks for the name asked-for\./,
      1,
      /With --replace this agent gets the name, and the older request is the one in conflict\./,
    ],
  ])(
    'whose name is %s tells who has it, the keys on both sides, and what --replace does',
    async (name, take, owner, others, end) => {
      await take(name);
      const { requestId } = await ask(server.anonymous, makeAgentKey(), name);
      const { keyFingerprint, conflictingKeys } = await readRequest(server.admin, requestId);
      expect(conflictingKeys).toHaveLength(others);

      const text = await commands.good('request', 'show', requestId);
      expect(text).toMatch(owner);
      expect(text).toMatch(end);
      const told = [...text.matchAll(/^ {2}Key (?:that asks|against it): +([0-9a-f]{64})$/gm)].map(([, key]) => key);
      expect(told).toEqual([keyFingerprint, ...conflictingKeys]);
      const row = (await commands.good('request', 'list')).split('\n').find((line) => line.startsWith(requestId));
      const keys = conflictingKeys.map((key: string) => `${key.slice(0, 12)}…`);
      expect(row!.split(/ {2,}/).at(-1)).toBe(
        `${name === 'asked-for' ? 'request' : 'node'} ${keys.join(', ') || 'without a key'}`,
      );
    },
  );

  test('is told no more once it was decided', async () => {
    const asked = await ask(server.anonymous, makeAgentKey(), 'free');
    await approve(server.admin, asked);
    expect(await commands.good('request', 'show', asked.requestId)).not.toContain('CONFLICT');
  });
});
