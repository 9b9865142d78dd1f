import { randomOf, type Random } from '../fuzz/random';
import * as services from '../service/service-requests';
import { codes } from '../support/client';
import { untilWaiting } from '../support/locks';
import { startServer, type TestServer } from '../support/server';
import { addHost, addOf, read, tryToUpdate, update } from './agent-requests';

jest.setTimeout(60_000);

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const STEPS = 60;

/** Where the secrets of an agent go, and what protects them on their way. */
async function wayOf(agentId: string, serviceId: string): Promise<Record<string, unknown>> {
  const { tls, tlsSkipVerify, tlsCa, extraDsnParams } = await read(server.viewer, agentId);
  const { address, port, socket } = await services.read(server.viewer, serviceId);
  return { tls, tlsSkipVerify, tlsCa, extraDsnParams, address, port, socket };
}

/** The stored secrets as they are: those that the administrator gave are told from others by their random nonces. */
async function sealedOf(agentId: string): Promise<string[]> {
  const rows = await server.database.query<{ sealed: string }>(
    `SELECT encode(sealed, 'hex') AS sealed FROM agent_secret WHERE agent_id = $1`,
    [agentId],
  );
  return rows.map(({ sealed }) => sealed);
}

const ENDPOINTS = [
  { address: '127.0.0.1', port: 3306, socket: null },
  { address: 'attacker.example.org', port: 3306, socket: null },
  { address: '127.0.0.1', port: 6666, socket: null },
  { address: null, port: null, socket: '/tmp/mine.sock' },
];

/** Some change that an editor may think of; alone or several at once. */
function settingsFrom(random: Random): Record<string, unknown> {
  const choices: Record<string, unknown[]> = {
    tls: [true, false],
    tlsSkipVerify: [true, false],
    tlsCa: [null, 'mine'],
    extraDsnParams: [[], [{ name: 'allowCleartextPasswords', value: '1' }]],
    username: ['a', 'b'],
    password: ['mine', null],
    tlsKey: ['mine', null],
  };
  const fields = Object.keys(choices).filter(() => random.chance(0.2));
  return Object.fromEntries(fields.map((field) => [field, random.pick(choices[field]!)]));
}

test.each([1, 2, 3])(
  'whatever an editor updates, a secret that an administrator gave goes no other way (%i)',
  async (seed) => {
    const random = randomOf(seed, 0);
    const agent = await addOf(server.admin, 'mysqldExporter', await addHost(server.admin));
    const serviceId = agent.observedService.id as string;
    let given = { sealed: [] as string[], way: {} as Record<string, unknown> };
    const told = { kept: 0, cleared: 0 };
    for (let step = 0; step < STEPS; step++) {
      const isLeft = (await sealedOf(agent.id)).some((sealed) => given.sealed.includes(sealed));
      if (isLeft) told.kept += 1;
      else {
        told.cleared += 1;
        const secrets = { password: 'of the administrator', tlsKey: 'of the administrator' };
        await update(server.admin, agent.id, { settings: { mysqldExporter: secrets } });
        given = { sealed: await sealedOf(agent.id), way: await wayOf(agent.id, serviceId) };
      }
      const dryRun = random.chance(0.1);
      const answer = random.chance(0.3)
        ? await services.tryToUpdate(server.editor, serviceId, { ...random.pick(ENDPOINTS), dryRun })
        : await tryToUpdate(server.editor, agent.id, { settings: { mysqldExporter: settingsFrom(random) }, dryRun });
      expect(codes(answer)).toEqual([]);
      const isThere = (await sealedOf(agent.id)).some((sealed) => given.sealed.includes(sealed));
      const way = await wayOf(agent.id, serviceId);
      expect({ isThere, way }).toEqual({ isThere, way: isThere ? given.way : way });
    }
    expect(told.kept).toBeGreaterThan(5);
    expect(told.cleared).toBeGreaterThan(5);
  },
);

test('a secret that is set while its service moves is cleared, or was set for where it went', async () => {
  const agent = await addOf(server.admin, 'mysqldExporter', await addHost(server.admin));
  const serviceId = agent.observedService.id as string;
  const holder = await server.database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM agent WHERE id = $1 FOR UPDATE', [agent.supervisor.id]);
  const setting = tryToUpdate(server.admin, agent.id, { settings: { mysqldExporter: { password: 'p' } } });
  await untilWaiting(server.database, 1);
  const moving = services.tryToUpdate(server.editor, serviceId, { port: 6666 });
  await untilWaiting(server.database, 2);
  await holder.query('COMMIT');
  expect([...codes(await setting), ...codes(await moving)]).toEqual([]);
  expect((await read(server.viewer, agent.id)).passwordSet).toBe(false);
});
