import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { until } from '../host-agent/agent-run';
import { dataOf, graphqlClient } from '../support/client';
import { issueToken, sync } from '../support/enrol';
import type { RollcallProcess } from '../support/process';
import { startProxy } from './proxy';
import { adminOf, openStage } from './stage';

jest.setTimeout(120_000);

const stage = openStage(afterEach);

const KEYS = `{ apiKeys(filter: { role: [AGENT] }) { nodes {
  publicId status createdAt expiresAt misusedAt rotatedFrom { publicId } } } }`;

/** A host that was enrolled two hours ago with a key of three hours, and what there is to look at it with. */
async function enrolledHost(interval = '15s') {
  const database = await stage.database();
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir, {
    DATABASE_URL: database.url,
    ROLLCALL_AGENT_KEY_TTL: '3h',
    ROLLCALL_SYNC_MINIMUM_INTERVAL: interval,
  });
  const admin = adminOf(server, dataDir);
  const proxy = await startProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) }, stage.later);
  const configFile = path.join(stage.folder(), 'config.yml');
  const { secret } = await issueToken(admin);
  const central = `central:\n  api_url: http://127.0.0.1:${proxy.port}\n`;
  writeFileSync(configFile, `registration:\n  token: ${secret}\n${central}server:\n  hostname: db-1\n`);
  const enrolling = await stage.run(['agent', '--config', configFile, '--register', '--write']);
  expect(enrolling).toMatchObject({ code: 0, errors: '' });
  const move = `created_at = created_at - interval '121 min', expires_at = expires_at - interval '121 min'`;
  await database.query(`UPDATE api_key SET ${move} WHERE role = 'AGENT'`);
  const firstKey: string = parse(readFileSync(configFile, 'utf8')).central.api_key;
  return {
    server,
    proxy,
    firstKey,
    start: () => stage.start(['agent', '--config', configFile]),
    state: (): { key: string; rotation: { successor: string | null } | null } =>
      JSON.parse(readFileSync(configFile.replace('.yml', '.state/state.json'), 'utf8')),
    keys: async () => dataOf(await admin(KEYS)).apiKeys.nodes,
    status: async () => dataOf(await admin('{ nodes { nodes { status } } }')).nodes.nodes[0].status,
    refusal: async (key: string) => (await sync(graphqlClient(server.url, key))).errors[0]?.extensions['reason'],
  };
}

type Host = Awaited<ReturnType<typeof enrolledHost>>;

/** One successor, good for three hours from its making; nothing looks like a theft; the former key is dead. */
async function expectRenewed({ state, keys, status, firstKey, refusal }: Host): Promise<void> {
  const { key, rotation } = state();
  expect({ isFirst: key === firstKey, rotation }).toEqual({ isFirst: false, rotation: null });
  const [successor, former, ...others] = await keys();
  expect(others).toEqual([]);
  expect(successor).toMatchObject({ publicId: key.slice(4, 16), status: 'ACTIVE', misusedAt: null });
  expect(successor.rotatedFrom.publicId).toBe(firstKey.slice(4, 16));
  expect(Date.parse(successor.expiresAt) - Date.parse(successor.createdAt)).toBe(3 * 3_600_000);
  expect(former).toMatchObject({ status: 'REVOKED', misusedAt: null });
  expect(await status()).toBe('ACTIVE');
  expect(await refusal(firstKey)).toBe('KEY_ROTATED');
}

it('An agent renews its key at two thirds of its life by itself, while it syncs, and runs on with it after a restart', async () => {
  const host = await enrolledHost('1s');
  const agent = host.start();
  await agent.says(/This agent’s key was renewed; the former one is forgotten/);
  expect(await agent.kill()).toBe(0);
  expect(agent.errors()).toBe('');
  await expectRenewed(host);

  const again = host.start();
  await again.says(/Syncing with/);
  expect(await again.kill()).toBe(0);
  expect([again.output(), again.errors()].join('')).not.toContain('renewed');
  expect(await host.keys()).toHaveLength(2);
});

it('An agent that is killed when its rotation was committed but not answered, and again before the new key is used, loses nothing', async () => {
  const host = await enrolledHost();
  const first = host.start();
  await rotationLost(host, first);
  expect(host.state()).toMatchObject({ key: host.firstKey, rotation: { successor: null } });
  expect(await host.keys()).toHaveLength(2);

  const second = host.start();
  await until(() => host.state().rotation?.successor != null, 20_000);
  await second.kill('SIGKILL');
  expect(host.state().key).toBe(host.firstKey);

  const third = host.start();
  await third.says(/This agent’s key was renewed/);
  expect(await third.kill()).toBe(0);
  await expectRenewed(host);
});

/** Swallows the answer to the rotation and kills the agent in the same moment. */
async function rotationLost({ proxy }: Host, agent: RollcallProcess): Promise<void> {
  await new Promise<void>((resolve) =>
    proxy.interceptAnswer(() => {
      void agent.kill('SIGKILL').then(() => resolve());
    }, '"rotateApiKey"'),
  );
}
