import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { parse } from 'yaml';
import { codes, dataOf, graphqlClient } from '../support/client';
import { issueToken, register, sync, tryToRegister } from '../support/enrol';
import type { RollcallProcess, ServerProcess } from '../support/process';
import { startProxy, type Proxy } from './proxy';
import { adminOf, openStage, outcome } from './stage';

jest.setTimeout(90_000);

const stage = openStage(afterEach);

/** A server behind a proxy that swallows the next answer and kills the server: it has committed, and nobody heard of it. */
async function startFatalServer() {
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir);
  const proxy = await startProxy(targetOf(server), stage.later);
  const { secret: token } = await issueToken(adminOf(server, dataDir));
  const swallowed = new Promise<string>((resolve) =>
    proxy.interceptAnswer((part) => {
      void server.kill('SIGKILL');
      resolve(part.toString());
    }),
  );
  return { dataDir, server, proxy, token, url: `http://127.0.0.1:${proxy.port}`, swallowed };
}

async function startAgain(dataDir: string, proxy: Proxy): Promise<ServerProcess> {
  const server = await stage.serve(dataDir);
  proxy.target = targetOf(server);
  return server;
}

function targetOf({ url }: ServerProcess) {
  return { host: '127.0.0.1', port: Number(new URL(url).port) };
}

function keyIn(answer: string): string {
  return /rca_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/.exec(answer)![0];
}

const ROLL = `{ nodes { totalCount } agents { nodes { id } } registrationTokens { nodes { uses } } }`;

it.each<[string, (agent: RollcallProcess, again: () => RollcallProcess) => RollcallProcess | Promise<RollcallProcess>]>(
  [
    ['asks again by itself', (agent) => agent],
    ['is killed too and run again', async (agent, again) => (await agent.kill('SIGKILL'), again())],
  ],
)(
  'An agent whose registration was committed but not answered %s: one agent, one live key, the lost one dead',
  async (_, goOn) => {
    const { dataDir, proxy, token, url, swallowed } = await startFatalServer();
    const configFile = path.join(stage.folder(), 'config.yml');
    writeFileSync(
      configFile,
      `registration:\n  token: ${token}\ncentral:\n  api_url: ${url}\nserver:\n  hostname: db-1\n`,
    );
    const enrol = () => stage.start(['agent', '--config', configFile, '--register', '--write']);
    const first = enrol();
    const lostKey = keyIn(await swallowed);
    await first.says(/Trying again/);
    const server = await startAgain(dataDir, proxy);

    const agent = await goOn(first, enrol);

    expect(await outcome(agent)).toMatchObject({
      code: 0,
      output: expect.stringContaining('Registration successful.'),
    });
    const config = parse(readFileSync(configFile, 'utf8'));
    const roll = dataOf(await adminOf(server, dataDir)(ROLL));
    expect(roll).toEqual({
      nodes: { totalCount: 1 },
      agents: { nodes: [{ id: config.agent.id }] },
      registrationTokens: { nodes: [{ uses: 1 }] },
    });
    expect(config.central.api_key).not.toBe(lostKey);
    const [refusal] = (await sync(graphqlClient(server.url, lostKey))).errors;
    expect(refusal!.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'KEY_ROTATED' });
    dataOf(await sync(graphqlClient(server.url, config.central.api_key)));
  },
);

it('A lost registration is given again to the same id and name alone, and only until the agent has synced', async () => {
  const { dataDir, proxy, token, url, swallowed } = await startFatalServer();
  const [registrationId, node] = [randomUUID(), { name: 'db-1' }];
  await expect(tryToRegister(graphqlClient(url), token, { registrationId, node })).rejects.toThrow('fetch failed');
  await swallowed;
  const server = await startAgain(dataDir, proxy);
  const client = graphqlClient(server.url);

  const refused = async (input: Record<string, unknown>) => codes(await tryToRegister(client, token, input));
  expect(await refused({ registrationId: randomUUID(), node })).toEqual(['TOKEN_USED']);
  expect(await refused({ node })).toEqual(['TOKEN_USED']);
  expect(await refused({ registrationId, node: { name: 'db-2' } })).toEqual(['CONFLICT']);

  const { agentId, secret } = await register(client, token, { registrationId, node });
  const agent = graphqlClient(server.url, secret);
  expect(dataOf(await agent('{ caller { agent { id } } }')).caller.agent.id).toBe(agentId);
  dataOf(await sync(agent));
  expect(await refused({ registrationId, node })).toEqual(['TOKEN_USED']);
});
