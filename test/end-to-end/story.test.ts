import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { eventually } from '../database/embedded/data-folders';
import { graphqlClient, dataOf } from '../support/client';
import { openStage } from './stage';

jest.setTimeout(90_000);

const stage = openStage(afterEach);

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) process.stderr.write('The test of registration by curl is skipped: there is no curl on this machine.\n');
const withCurl = hasCurl ? describe : describe.skip;

/** A server as it is started in production but for its shortest interval, and how its administrator calls it. */
async function startServer() {
  const dataDir = stage.folder();
  const { url } = await stage.serve(dataDir, { ROLLCALL_SYNC_MINIMUM_INTERVAL: '1s' });
  const ask = async (...args: string[]) => {
    const { code, output, errors } = await stage.run(args, { ROLLCALL_URL: url, ROLLCALL_DATA_DIR: dataDir });
    if (code !== 0) throw new Error(`rollcall ${args.join(' ')} ended with ${code}: ${errors}`);
    return output.trim();
  };
  const node = async (name: string) => JSON.parse(await ask('node', 'show', name, '-o', 'json'));
  return { url, ask, node };
}

it('An agent enrols with a token, is INACTIVE until it runs, ACTIVE while it runs, and itself again after a pause', async () => {
  const { url, ask, node } = await startServer();
  const configFile = path.join(stage.folder(), 'config.yml');
  const token = await ask('token', 'issue', '--secret-only', '--environment', 'production');
  writeFileSync(
    configFile,
    `# of this host\nregistration:\n  token: ${token}\ncentral:\n  api_url: ${url}\nserver:\n  hostname: db-1\n  tags: [primary]\n`,
  );

  const registration = await stage.run(['agent', '--config', configFile, '--register', '--write']);
  expect(registration).toMatchObject({ code: 0, errors: '' });
  expect(registration.output).toContain('Registration successful.');
  const text = readFileSync(configFile, 'utf8');
  const config = parse(text);
  expect(text).toMatch(/^# of this host$/m);
  expect(config.registration.token).toBe('');
  expect(statSync(configFile).mode & 0o777).toBe(0o600);

  const before = await node('db-1');
  expect(before).toMatchObject({ status: 'INACTIVE', lastSeenAt: null, environment: 'production', tags: ['primary'] });
  expect(before.hostAgent).toMatchObject({ id: config.agent.id, status: 'INACTIVE', enrolledBy: 'TOKEN' });

  const agent = stage.start(['agent', '--config', configFile]);
  await agent.says(/^Syncing with /m);
  expect(await node('db-1')).toMatchObject({ status: 'ACTIVE', hostAgent: { status: 'ACTIVE' } });

  await agent.kill('SIGKILL');
  await eventually(async () => (await node('db-1')).status === 'INACTIVE');

  const again = stage.start(['agent', '--config', configFile]);
  await again.says(/^Syncing with /m);
  expect(await node('db-1')).toMatchObject({ id: before.id, status: 'ACTIVE', hostAgent: { id: before.hostAgent.id } });
  await expect(again.kill('SIGTERM')).resolves.toBe(0);
  await eventually(async () => (await node('db-1')).status === 'INACTIVE');

  const repeated = await stage.run(['agent', '--config', configFile, '--register', '--write']);
  expect(repeated).toMatchObject({ code: 0, output: expect.stringContaining('already registered') });
  expect(await ask('token', 'list', '--status', 'used', '-o', 'json')).toContain('"uses": 1');
});

withCurl('curl', () => {
  it('enrols a host by POST /api/v1/register, and the key that it is given syncs', async () => {
    const { url, ask, node } = await startServer();
    const token = await ask('token', 'issue', '--secret-only');
    const body = {
      token,
      hostname: 'db-2',
      os: 'linux/amd64',
      postgresql_version: '16.4',
      environment: 'staging',
      datacenter: 'eu-1',
      tags: ['replica'],
    };
    const post = async () => {
      const words = [
        '-sS',
        '-w',
        '\n%{http_code}',
        '-H',
        'content-type: application/json',
        '--data',
        JSON.stringify(body),
      ];
      const { stdout } = await promisify(execFile)('curl', [...words, `${url}/api/v1/register`]);
      const [text, status] = stdout.split('\n');
      return { status, body: JSON.parse(text!) };
    };

    const first = await post();
    expect(first).toEqual({
      status: '201',
      body: {
        agent_id: expect.any(String),
        api_key: expect.stringMatching(/^rca_/),
        node_id: expect.any(String),
        service_id: expect.any(String),
        sync_interval_seconds: 1,
      },
    });
    const { agent_id: agentId, api_key: key, service_id: serviceId } = first.body;
    expect(await node('db-2')).toMatchObject({
      status: 'INACTIVE',
      environment: 'staging',
      region: 'eu-1',
      os: 'linux/amd64',
      tags: ['replica'],
      hostAgent: { id: agentId },
      services: [{ id: serviceId, name: 'db-2-postgresql', version: '16.4', address: '127.0.0.1', port: 5432 }],
    });
    const sync = `mutation ($input: SyncAgentInput!) { syncAgent(input: $input) { generation } }`;
    dataOf(await graphqlClient(url, key)(sync, { input: { bootId: randomUUID() } }));
    expect(await node('db-2')).toMatchObject({ status: 'ACTIVE' });

    expect(await post()).toEqual({
      status: '410',
      body: { error: { code: 'TOKEN_USED', message: expect.any(String), request_id: expect.any(String) } },
    });
  });
});
