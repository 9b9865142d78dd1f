import { readFileSync } from 'node:fs';
import { openStage } from '../end-to-end/stage';
import { callerFrom } from '../rate-limit/callers';
import { type Answer, type GraphQLClient } from '../support/client';
import { approve, ask, listRequests, makeAgentKey, tryToAsk } from './requests';
import { openTwoServers, tally, type TwoServers } from './two-servers';

jest.setTimeout(120_000);

const stage = openStage(afterAll);

const PER_ADDRESS = 20;
const IN_ALL = 1000;
const REQUESTS = 10_000;
const WORKERS = 40;
const GROWTH_KB = 100_000;
const LISTS = 5;

let two: TwoServers;
beforeAll(
  async () =>
    (two = await openTwoServers(stage, {
      ROLLCALL_CLIENT_REGISTRY_PENDING_PER_ADDRESS: `${PER_ADDRESS}`,
      ROLLCALL_TRUSTED_PROXIES: '127.0.0.1',
    })),
);

/** Of each server, in KiB (proc(5)). */
const residentMemory = () =>
  two.servers.map(({ child }) =>
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]),
  );

/** Somebody behind the proxy that the servers trust. */
function from(url: string, address: string): GraphQLClient {
  return async (query, variables) => {
    const { status, headers, text } = await callerFrom(url, address).graphql(query, variables);
    return { status, headers, text, errors: [], ...(JSON.parse(text) as Pick<Answer, 'data'>) };
  };
}

/** Sends so many first requests, half of them from one address and the others each from its own; gives how often each answer came. */
async function flood(first: number, end: number): Promise<Record<string, number>> {
  const answers: Answer[] = [];
  let next = first;
  const worker = async () => {
    for (let at = next++; at < end; at = next++) {
      const address = at % 4 < 2 ? '127.0.0.1' : `198.18.${at >> 8}.${at % 256}`;
      answers.push(await tryToAsk(from(two.servers[at % 2]!.url, address), makeAgentKey()));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return tally(answers);
}

test('a flood of requests fills neither table nor memory, and an administrator lists and approves meanwhile', async () => {
  const known = await ask(two.anonymous[0], makeAgentKey(), 'before-the-flood');
  // By then there are as many as there may be.
  expect(await flood(0, REQUESTS / 5)).toEqual({ PENDING: IN_ALL - 1, RATE_LIMITED: REQUESTS / 5 - IN_ALL + 1 });
  const before = residentMemory();
  const flooding = flood(REQUESTS / 5, REQUESTS);
  expect((await approve(two.admins[1], known)).request).toMatchObject({ state: 'APPROVED' });
  for (let time = 0; time < LISTS; time++)
    for (const admin of two.admins) expect((await listRequests(admin)).nodes[0]).toMatchObject({ state: 'PENDING' });
  // The one that was approved has made room for another.
  expect(await flooding).toEqual({ PENDING: 1, RATE_LIMITED: (REQUESTS / 5) * 4 - 1 });
  for (const [at, after] of residentMemory().entries()) expect(after - before[at]!).toBeLessThan(GROWTH_KB);
  const [stored] = await two.database.query(
    `SELECT count(*)::int AS all, count(*) FILTER (WHERE remote_network = '127.0.0.1' AND decision IS NULL) <= $1 AS bounded
     FROM registration_request`,
    [PER_ADDRESS],
  );
  expect(stored).toEqual({ all: IN_ALL + 1, bounded: true });
});
