import { readFileSync } from 'node:fs';
import path from 'node:path';
import { codes, dataOf, graphqlClient } from '../support/client';
import { enrol } from '../support/enrol';
import type { TestDatabase } from '../support/database';
import { startProxy } from './proxy';
import { adminKey, adminOf, openStage, type Outcome } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterAll);

let database: TestDatabase;
let dataDir: string;
let url: string;
let admin: ReturnType<typeof adminOf>;

beforeAll(async () => {
  database = await stage.database();
  dataDir = stage.folder();
  const server = await stage.serve(dataDir, { DATABASE_URL: database.url });
  url = server.url;
  admin = adminOf(server, dataDir);
});

const run = (words: string[], environment: Record<string, string> = {}) =>
  stage.run(['key', ...words], { ROLLCALL_URL: url, ROLLCALL_DATA_DIR: dataDir, ...environment });

/** The secret that a command wrote to stdout, and nothing beside it. */
function secretOf({ code, output, errors }: Outcome): string {
  expect({ code, errors }).toEqual({ code: 0, errors: expect.any(String) });
  expect(output).toMatch(/^rcu_\w{12}_\w{49}\n$/);
  return output.trim();
}

async function issue(name: string, ...words: string[]): Promise<string> {
  return secretOf(await run(['issue', '--name', name, '--role', 'viewer', ...words]));
}

function publicIdOf(secret: string): string {
  return secret.slice(4, 16);
}

/** What the server makes of a key: its role, or why it is refused. */
async function standing(secret: string): Promise<unknown> {
  const { data, errors } = await graphqlClient(url, secret)('{ caller { role } }');
  return data?.caller?.role ?? errors[0]!.extensions['reason'];
}

async function listed(...words: string[]): Promise<{ name: string; publicId: string; status: string }[]> {
  const { code, output } = await run(['list', ...words, '-o', 'json']);
  expect(code).toBe(0);
  return JSON.parse(output);
}

it('A key that is issued is good for its role and its time, and its name is taken while it lives', async () => {
  const secret = await issue('prometheus', '--ttl', '12h');
  expect(await standing(secret)).toBe('VIEWER');
  const [key] = await listed('--name-contains', 'prometheus');
  expect(key).toMatchObject({ publicId: publicIdOf(secret), role: 'VIEWER', status: 'ACTIVE' });
  const { createdAt, expiresAt } = key as unknown as Record<string, string>;
  expect(Date.parse(expiresAt!) - Date.parse(createdAt!)).toBe(12 * 3_600_000);
  const again = await run(['issue', '--name', 'PROMETHEUS', '--role', 'admin', '-o', 'json']);
  expect({ ...again, errors: JSON.parse(again.errors).error.code }).toEqual({
    code: 5,
    output: '',
    errors: 'CONFLICT',
  });
});

it('A key without an end is given only when it is asked for in so many words', async () => {
  await issue('of default length');
  await issue('endless', '--never-expires');
  const ends = Object.fromEntries(
    (await listed()).map((key) => [key.name, (key as { expiresAt?: unknown }).expiresAt]),
  );
  expect(ends).toMatchObject({ 'of default length': expect.any(String), endless: null });
});

it('The key that --secret-file stores is one that the command line takes as it is', async () => {
  const file = path.join(stage.folder(), 'grafana.key');
  const { code, output } = await run(['issue', '--name', 'grafana', '--role', 'admin', '--secret-file', file]);
  expect(code).toBe(0);
  expect(output).not.toContain('rcu_');
  expect(await standing(readFileSync(file, 'utf8').trim())).toBe('ADMIN');
  const elsewhere = { ROLLCALL_DATA_DIR: '/nonexistent', ROLLCALL_KEY_FILE: file };
  expect(await run(['list', '--limit', '1'], elsewhere)).toMatchObject({ code: 0, errors: '' });
});

it('A rotated key has ended, or works on for its grace; rotating it again is a conflict', async () => {
  const [sharp, soft] = [await issue('sharp'), await issue('soft')];
  const sharper = secretOf(await run(['rotate', publicIdOf(sharp)]));
  const softer = secretOf(await run(['rotate', `rcu_${publicIdOf(soft)}`, '--grace', '1h']));
  expect(await Promise.all([sharp, sharper, soft, softer].map(standing))).toEqual([
    'KEY_ROTATED',
    'VIEWER',
    'VIEWER',
    'VIEWER',
  ]);
  expect(await run(['rotate', publicIdOf(soft)])).toMatchObject({ code: 5, output: '' });
});

it('A key that is no administrator’s rotates itself, and ends when its successor is first used', async () => {
  const former = await issue('itself');
  const own = { ROLLCALL_KEY: former };
  const outcome = await run(['rotate', publicIdOf(former)], own);
  const successor = secretOf(outcome);
  expect(outcome.errors).toContain('works until the new one is first used');
  expect(await standing(former)).toBe('VIEWER');
  expect(await standing(successor)).toBe('VIEWER');
  expect(await standing(former)).toBe('KEY_ROTATED');
  const other = await issue('other');
  expect(await run(['rotate', publicIdOf(other)], { ROLLCALL_KEY: successor })).toMatchObject({ code: 4, output: '' });
});

it('A rotation whose answer is lost on the way is made once, and its secret is the one that is given', async () => {
  const former = await issue('unlucky');
  const proxy = await startProxy({ host: '127.0.0.1', port: Number(new URL(url).port) }, stage.later);
  const swallowed = new Promise<string>((resolve) =>
    proxy.interceptAnswer((part) => resolve(part.toString()), '"rotateApiKey"'),
  );
  const given = secretOf(
    await run(['rotate', publicIdOf(former)], {
      ROLLCALL_URL: `http://127.0.0.1:${proxy.port}`,
      ROLLCALL_KEY: adminKey(dataDir),
    }),
  );
  const lost = /rcu_\w{12}_\w{49}/.exec(await swallowed)![0];
  expect(publicIdOf(lost)).toBe(publicIdOf(given));
  expect(lost).not.toBe(given);
  expect(await standing(given)).toBe('VIEWER');
  expect(codes(await graphqlClient(url, lost)('{ caller { role } }'))).toEqual(['UNAUTHENTICATED']);
  expect(await listed('--name-contains', 'unlucky')).toHaveLength(2);
});

it('revoke ends a key at once, but not the last one of an administrator', async () => {
  const secret = await issue('leaving');
  expect(await run(['revoke', publicIdOf(secret)])).toMatchObject({
    code: 0,
    output: `The API key ${publicIdOf(secret)} (leaving) is revoked.\n`,
  });
  expect(await standing(secret)).toBe('KEY_REVOKED');
  for (const { publicId } of (await listed('--role', 'admin', '--status', 'active')).slice(0, -1))
    expect(await run(['revoke', publicId])).toMatchObject({ code: 0 });
  const last = await run(['revoke', adminKey(dataDir), '-o', 'json']);
  expect({ ...last, errors: JSON.parse(last.errors).error.code }).toEqual({
    code: 1,
    output: '',
    errors: 'FAILED_PRECONDITION',
  });
});

it('list finds keys by status and role, those that are idle and those that end soon', async () => {
  const [idle, soon, ended] = [
    await issue('sieved idle'),
    await issue('sieved soon', '--ttl', '2d'),
    await issue('sieved ended'),
  ];
  await run(['revoke', publicIdOf(ended)]);
  const { secret: agentKey } = await enrol(admin, { node: { name: 'sieved-node' } });
  await database.query(`UPDATE api_key SET created_at = created_at - interval '40 days' WHERE public_id = $1`, [
    publicIdOf(idle),
  ]);
  const names = async (...words: string[]) =>
    (await listed('--name-contains', 'sieved', ...words)).map(({ name }) => name).toSorted();
  expect(await names('--status', 'revoked,expired')).toEqual(['sieved ended']);
  expect(await names('--unused-since', '30d')).toEqual(['sieved idle']);
  expect(await names('--expires-before', '3d')).toEqual(['sieved soon']);
  expect(await names('--limit', '2')).toHaveLength(2);
  const agents = await listed('--role', 'agent');
  expect(agents.map(({ publicId }) => publicId)).toEqual([publicIdOf(agentKey)]);
  expect(await standing(soon)).toBe('VIEWER');
  dataOf(await admin('{ caller { role } }'));
});
