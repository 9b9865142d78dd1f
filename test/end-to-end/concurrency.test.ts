import { codes, dataOf, graphqlClient, type Answer } from '../support/client';
import type { TestDatabase } from '../support/database';
import { eventually } from '../database/embedded/data-folders';
import { issueToken, register, sync, tryToRegister } from '../support/enrol';
import type { ServerProcess } from '../support/process';
import { adminKey, openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let database: TestDatabase;
let servers: ServerProcess[];
let key: string;

beforeAll(async () => {
  database = await stage.database();
  const dataDir = stage.folder();
  const start = () => stage.serve(dataDir, { DATABASE_URL: database.url });
  servers = await Promise.all([start(), start()]);
  key = adminKey(dataDir);
});

const count = async (from: string, ...values: unknown[]) => {
  const [row] = await database.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${from}`, values);
  return row!.count;
};

/** Registers 50 times at once, by turns with each server; none gets past the token before many wait for it. */
async function registerAtOnce(token: { id: string }, secret: string): Promise<Answer[]> {
  const holder = await database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM registration_token WHERE id = $1 FOR UPDATE', [token.id]);
  const clients = servers.map(({ url }) => graphqlClient(url));
  const answers = Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      tryToRegister(clients[index % clients.length]!, secret, { node: { name: `${token.id}-${index}` } }),
    ),
  );
  // Every connection of both servers is at the claim.
  await eventually(async () => (await waiting()) >= 20);
  await holder.query('ROLLBACK');
  return answers;
}

const waiting = () => count(`pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);

it.each([1, 5])(
  'Of 50 registrations at once over two servers a token with %d uses lets in exactly as many',
  async (maxUses) => {
    const admin = graphqlClient(servers[0]!.url, key);
    const { secret, token } = await issueToken(admin, { maxUses });

    const answers = await registerAtOnce(token, secret);

    const agents = answers
      .filter(({ errors }) => errors.length === 0)
      .map((answer) => dataOf(answer).registerAgent.agentId);
    expect(new Set(agents).size).toBe(maxUses);
    expect(answers.flatMap(codes)).toEqual(Array.from({ length: 50 - maxUses }, () => 'TOKEN_USED'));
    await expect(count('node WHERE name LIKE $1', `${token.id}-%`)).resolves.toBe(maxUses);
    await expect(count('agent WHERE id = ANY ($1::uuid[])', agents)).resolves.toBe(maxUses);
    await expect(count('api_key WHERE name LIKE $1', `${token.id}-%`)).resolves.toBe(maxUses);
    await expect(count('registration_token_claim WHERE token_id = $1', token.id)).resolves.toBe(maxUses);
    await expect(count('registration_token WHERE id = $1 AND uses = $2', token.id, maxUses)).resolves.toBe(1);
  },
);

it('A key that one server revokes is refused by both', async () => {
  const admin = graphqlClient(servers[0]!.url, key);
  const { secret } = await register(admin, (await issueToken(admin)).secret);
  const agents = servers.map(({ url }) => graphqlClient(url, secret));
  for (const agent of agents) dataOf(await sync(agent));
  const { caller } = dataOf(await agents[0]!('{ caller { apiKey { id } } }'));

  dataOf(
    await admin('mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKey { status } } }', {
      input: { id: caller.apiKey.id },
    }),
  );

  const ends = await Promise.all(agents.map((agent) => eventually(async () => refusal(await sync(agent)))));
  expect(ends).toEqual([
    { status: 401, reason: 'KEY_REVOKED' },
    { status: 401, reason: 'KEY_REVOKED' },
  ]);
});

function refusal({ status, errors: [error] }: Answer) {
  return error ? { status, reason: error.extensions['reason'] } : false;
}
