import { dataOf, graphqlClient } from '../support/client';
import { eventually, postmasterOf } from '../database/embedded/data-folders';
import { issueToken, register, sync, type Enrolled } from '../support/enrol';
import type { ServerProcess } from '../support/process';
import { adminKey, adminOf, openStage } from './stage';

jest.setTimeout(180_000);

const KILLS = 10;
const stage = openStage(afterEach);

/** An agent whose registration was acknowledged, and the last of its syncs that was. */
interface Acknowledged extends Enrolled {
  syncs: number;
}

/** Registers agents, and syncs each of them again and again, until the server answers no more. */
async function load(url: string, token: string, acknowledged: Acknowledged[]): Promise<void> {
  const client = graphqlClient(url);
  const work = async () => {
    for (;;) {
      const agent = { ...(await register(client, token)), syncs: 0 };
      acknowledged.push(agent);
      for (let version = 1; version <= 3; version += 1) {
        dataOf(await sync(graphqlClient(url, agent.secret), { agentVersion: String(version) }));
        agent.syncs = version;
      }
    }
  };
  await Promise.allSettled([work(), work(), work(), work()]);
}

/** As when the machine loses its power, but for the kernel's memory; which of the two goes first alternates. */
async function killBoth(server: ServerProcess, dataDir: string, round: number): Promise<void> {
  const pids = [server.child.pid!, await postmasterOf(dataDir)];
  for (const pid of round % 2 === 0 ? pids : pids.toReversed()) process.kill(pid, 'SIGKILL');
  await server.ended;
}

/** What the server knows of an agent, asked with the agent's own key. */
async function known(url: string, { secret }: Enrolled) {
  const { caller } = dataOf(await graphqlClient(url, secret)('{ caller { agent { id version } } }'));
  return { agentId: caller.agent.id, syncs: Number(caller.agent.version) };
}

it(`Nothing that was acknowledged is lost when server and database are killed under load, ${KILLS} times, and the next start works`, async () => {
  const dataDir = stage.folder();
  const acknowledged: Acknowledged[] = [];
  let server = await stage.serve(dataDir);
  const key = adminKey(dataDir);
  const { secret: token } = await issueToken(adminOf(server, dataDir), { maxUses: 10_000 });

  for (let round = 0; round < KILLS; round += 1) {
    const former = acknowledged.length;
    const loading = load(server.url, token, acknowledged);
    await eventually(async () => acknowledged.length >= former + 10);
    await killBoth(server, dataDir, round);
    await loading;

    server = await stage.serve(dataDir, { ROLLCALL_LIMITS_REGISTRATIONS_PER_MINUTE: '1000000' });
    for (const agent of acknowledged.slice(former)) {
      const { agentId, syncs } = await known(server.url, agent);
      expect(agentId).toBe(agent.agentId);
      expect(syncs).toBeGreaterThanOrEqual(agent.syncs);
    }
  }

  for (const agent of acknowledged) expect((await known(server.url, agent)).agentId).toBe(agent.agentId);
  const { agents, registrationTokens } = dataOf(
    await graphqlClient(server.url, key)('{ agents { totalCount } registrationTokens { nodes { uses } } }'),
  );
  expect(agents.totalCount).toBeGreaterThanOrEqual(acknowledged.length);
  // Each use has its agent, also of those that were not acknowledged any more.
  expect(registrationTokens.nodes).toEqual([{ uses: agents.totalCount }]);
  await expect(server.kill('SIGTERM')).resolves.toBe(0);
});
