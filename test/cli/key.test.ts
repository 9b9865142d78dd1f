import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { rollcall, temporaryFolder, writeKey, type Outcome } from './rollcall-process';

const folder = temporaryFolder();
const keyFile = join(folder, 'my.key');
writeKey(keyFile);
const { text: secret } = makeCredential(CredentialKind.USER_KEY);
const KEY_ID = '0190d5f0-0000-7000-8000-00000000000b';
const OWN_ID = '0190d5f0-0000-7000-8000-00000000000c';
const AGENT_KEY_ID = '0190d5f0-0000-7000-8000-00000000000d';
const apiKey = {
  id: KEY_ID,
  publicId: 'abcDEF012345',
  name: 'prometheus',
  role: 'VIEWER',
  status: 'ACTIVE',
  fingerprint: 'f'.repeat(64),
  createdBy: { name: 'first administrator', keyPublicId: 'aaaaaaaaaaaa' },
  createdAt: '2026-01-01T00:00:00.000Z',
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
  misusedAt: null,
};

type Answer = (response: ServerResponse) => void;

interface Call {
  operation: string;
  input: Record<string, unknown>;
}

let calls: Call[] = [];
let script: Record<string, Answer[]> = {};
const server = createServer(answer as RequestListener);
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  calls = [];
  script = {
    caller: [data({ caller: { apiKey: { id: OWN_ID, publicId: 'ownKey000000' } } })],
    apiKey: [data({ apiKey: { role: 'VIEWER' } })],
  };
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Each operation has a script of its own; the last answer is given again and again. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const { query, variables }: { query: string; variables: { input?: Record<string, unknown> } } = JSON.parse(text);
  const operation = /\{\s*(\w+)/.exec(query)![1]!;
  calls.push({ operation, input: variables.input ?? {} });
  const answers = script[operation] ?? [refused];
  const count = calls.filter((call) => call.operation === operation).length;
  answers[Math.min(count, answers.length) - 1]!(response);
}

function data(value: object): Answer {
  return (response) => void response.end(JSON.stringify({ data: value }));
}

const lost: Answer = (response) => void response.destroy();
const refused: Answer = (response) =>
  void response.end(JSON.stringify({ errors: [{ message: 'No.', extensions: { code: 'CONFLICT' } }] }));
const page = (nodes: object[], after: string | null): Answer =>
  data({ apiKeys: { nodes, pageInfo: { hasNextPage: after !== null, endCursor: after } } });
const issued = data({ issueApiKey: { apiKey, secret } });
const rotated = data({ rotateApiKey: { apiKey, secret } });

function run(...words: string[]): Promise<Outcome> {
  return rollcall(folder, [...words, '--url', url, '--key-file', keyFile]);
}

const ISSUE = ['key', 'issue', '--name', 'prometheus', '--role', 'viewer'];

describe('rollcall key issue', () => {
  it('writes the secret alone to stdout and all else to stderr', async () => {
    script['issueApiKey'] = [issued];
    const { code, stdout, stderr } = await run(...ISSUE, '--ttl', '30d');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${secret}\n` });
    expect(stderr).toContain(apiKey.publicId);
    expect(stderr).not.toContain(secret.slice(17));
    expect(calls).toEqual([{ operation: 'issueApiKey', input: { name: 'prometheus', role: 'VIEWER', ttl: '30d' } }]);
  });

  it('asks for a key without an end in so many words', async () => {
    script['issueApiKey'] = [issued];
    await run(...ISSUE, '--never-expires');
    expect(calls[0]!.input).toEqual({ name: 'prometheus', role: 'VIEWER', neverExpires: true });
  });

  it('gives programs one document on stdout and nothing on stderr', async () => {
    script['issueApiKey'] = [issued];
    const { stdout, stderr } = await run(...ISSUE, '-o', 'json');
    expect({ answer: JSON.parse(stdout), stderr }).toEqual({ answer: { apiKey, secret }, stderr: '' });
  });

  it('is not asked for again when its answer is lost: there would be two keys', async () => {
    script['issueApiKey'] = [lost, issued];
    const { code, stdout } = await run(...ISSUE);
    expect({ code, stdout, calls: calls.length }).toEqual({ code: 6, stdout: '', calls: 1 });
  });
});

describe('--secret-file', () => {
  it('gets the secret, mode 0600, and stdout what may be known', async () => {
    script['issueApiKey'] = [issued];
    const file = join(folder, 'new.key');
    const { code, stdout, stderr } = await run(...ISSUE, '--secret-file', file);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Public id: +abcDEF012345$/m);
    expect(stdout + stderr).not.toContain(secret.slice(17));
    expect(readFileSync(file, 'utf8')).toBe(`${secret}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.endsWith('.unfinished'))).toEqual([]);
  });

  it('leaves a document without the secret to programs', async () => {
    script['rotateApiKey'] = [rotated];
    const file = join(folder, 'rotated.key');
    const { stdout } = await run('key', 'rotate', KEY_ID, '--secret-file', file, '-o', 'json');
    expect(JSON.parse(stdout)).toEqual({ apiKey });
    expect(readFileSync(file, 'utf8')).toBe(`${secret}\n`);
  });

  it.each([
    ['is there already', 'taken.key', /taken\.key is there already and is not overwritten/],
    ['is in no folder', 'nowhere/new.key', /nowhere\/new\.key cannot be made \(ENOENT\)/],
  ])('that %s costs no key: the server is not asked', async (_, name, message) => {
    writeFileSync(join(folder, 'taken.key'), 'precious');
    for (const words of [ISSUE, ['key', 'rotate', KEY_ID]]) {
      const { code, stdout, stderr } = await run(...words, '--secret-file', join(folder, name));
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(message);
    }
    expect(calls.filter(({ operation }) => operation !== 'caller')).toEqual([]);
    expect(readFileSync(join(folder, 'taken.key'), 'utf8')).toBe('precious');
  });

  it('is not left behind when the server refuses', async () => {
    script['issueApiKey'] = [refused];
    const file = join(folder, 'refused.key');
    const { code } = await run(...ISSUE, '--secret-file', file);
    expect({ code, left: existsSync(file) }).toEqual({ code: 5, left: false });
  });

  it('that cannot be written at last names the key that is without a holder, and what to do', async () => {
    const file = join(folder, 'blocked.key');
    script['issueApiKey'] = [
      (response) => {
        // A folder with something in it cannot be replaced by a file, not even by root.
        rmSync(file);
        mkdirSync(join(file, 'x'), { recursive: true });
        issued(response);
      },
    ];
    const { code, stdout, stderr } = await run(...ISSUE, '--secret-file', file);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('rollcall key rotate abcDEF012345');
    expect(stderr).not.toContain(secret.slice(17));
  });
});

describe('rollcall key rotate', () => {
  it('asks once more under the same rotation when the answer is lost', async () => {
    script['rotateApiKey'] = [lost, rotated];
    const { code, stdout } = await run('key', 'rotate', KEY_ID, '--grace', '1h');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${secret}\n` });
    const [first, second] = calls.filter(({ operation }) => operation === 'rotateApiKey');
    expect(first!.input).toEqual({ id: KEY_ID, grace: '1h', rotationId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(second).toEqual(first);
  });

  it('asks no third time', async () => {
    script['rotateApiKey'] = [lost];
    const { code } = await run('key', 'rotate', KEY_ID);
    expect({ code, calls: calls.map(({ operation }) => operation) }).toEqual({
      code: 6,
      calls: ['caller', 'apiKey', 'rotateApiKey', 'rotateApiKey'],
    });
  });

  it('does not ask again when it is refused', async () => {
    script['rotateApiKey'] = [refused, rotated];
    const { code, stdout } = await run('key', 'rotate', KEY_ID);
    expect({ code, stdout, calls: calls.length }).toEqual({ code: 5, stdout: '', calls: 3 });
  });

  it.each([
    ['ended', KEY_ID, [], /The former key has ended\./],
    ['an agent’s', AGENT_KEY_ID, [], /The former key works for another 1h\./],
    ['good for its grace', KEY_ID, ['--grace', '1h'], /The former key works for another 1h\./],
    ['the one that asks', OWN_ID, [], /which works until the new one is first used/],
    ['the one that asks, by its public id', 'ownKey000000', [], /which works until the new one is first used/],
  ])('tells of a former key that is %s', async (_, reference, words, remark) => {
    script['rotateApiKey'] = [rotated];
    if (reference === AGENT_KEY_ID) script['apiKey'] = [data({ apiKey: { role: 'AGENT' } })];
    const { code, stderr } = await run('key', 'rotate', reference, ...words);
    expect(code).toBe(0);
    expect(stderr).toMatch(remark);
  });
});

describe('rollcall key list', () => {
  it('reads page after page, and tells of misuse', async () => {
    const stolen = { ...apiKey, publicId: 'stolen000000', misusedAt: '2026-01-01T00:00:00.000Z' };
    script['apiKeys'] = [page([apiKey], 'next'), page([stolen], null)];
    const { stdout } = await run('key', 'list');
    expect(stdout).toMatch(/^abcDEF012345 +prometheus +VIEWER +ACTIVE +never +never +no +first administrator$/m);
    expect(stdout).toMatch(/^stolen000000 .* \d+d ago +first administrator$/m);
  });

  it('says how one is made when there is none', async () => {
    script['apiKeys'] = [page([], null)];
    const { code, stdout, stderr } = await run('key', 'list');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('rollcall key issue');
  });

  it('finds what is to be revoked by its public id on a later page, with the prefix or as a whole secret too', async () => {
    const { credential, text } = makeCredential(CredentialKind.AGENT_KEY);
    const wanted = { ...apiKey, publicId: credential.publicId };
    for (const reference of [credential.publicId, `rca_${credential.publicId}`, text]) {
      calls = [];
      script['apiKeys'] = [page([{ ...apiKey, id: OWN_ID }], 'next'), page([wanted], null)];
      script['revokeApiKey'] = [data({ revokeApiKey: { apiKey: wanted } })];
      const { code, stdout } = await run('key', 'revoke', reference);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `The API key ${credential.publicId} (prometheus) is revoked.\n`,
      });
      expect(calls.at(-1)).toEqual({ operation: 'revokeApiKey', input: { id: KEY_ID } });
    }
  });
});
