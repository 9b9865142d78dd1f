import crypto from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CredentialKind, formatCredential, makeCredential, parseCredential } from '../../src/access/credential';
import { issueToken, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { issue, presented, tryToRotate } from './key-requests';

const ROOT = path.join(__dirname, '../..');
/** Where secrets of callers are at work. */
const FOLDERS = ['access', 'enrolment', 'http', 'registration-token', 'sync'];

const COMPARISON =
  /[\w.?!()[\]]+ (?:===?|!==?) [\w.?!()[\]]+|[\w.?!]+\.(?:compare|endsWith|equals|includes|indexOf|localeCompare|startsWith)\([^)]*\)/g;
const OF_SECRETS = /secret|hash|proof|password|(?:registration|rotation)Id|\btoken\b/i;

/** The comparisons in a source that stop at the first difference, and are about secrets. */
function hastyComparisons(source: string): string[] {
  const code = source.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '');
  return [...code.matchAll(COMPARISON)]
    .map(([comparison]) => comparison)
    .filter((comparison) => OF_SECRETS.test(comparison) && !/ (?:null|undefined)\)*$/.test(comparison));
}

test('no source compares a secret or its hash by anything that stops at the first difference', () => {
  expect(hastyComparisons('a.secretHash === b; a?.hash.equals(b); secret !== null; name === other')).toEqual([
    'a.secretHash === b',
    'a?.hash.equals(b)',
  ]);
  const hasty = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, 'src', folder))
      .map((file) => path.join('src', folder, file))
      .flatMap((file) => hastyComparisons(readFileSync(path.join(ROOT, file), 'utf8')).map((found) => [file, found])),
  );
  expect(hasty).toEqual([]);
});

describe('what is presented is compared in constant time, as often for an unknown one as for a wrong secret:', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());
  afterEach(() => jest.restoreAllMocks());

  test('an API key', async () => {
    const { secret } = await issue(server.admin);
    const stranger = makeCredential(CredentialKind.USER_KEY).text;
    const counts = [];
    for (const key of [stranger, withWrongSecret(secret)]) counts.push(await comparisons(() => presented(server, key)));
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[1]).toBe(counts[0]);
  });

  test('a registration token', async () => {
    const { secret } = await issueToken(server.admin);
    const stranger = makeCredential(CredentialKind.REGISTRATION_TOKEN).text;
    for (const token of [stranger, withWrongSecret(secret), secret])
      expect(await comparisons(() => tryToRegister(server.anonymous, token))).toBe(1);
  });

  test('a rotationId', async () => {
    const { apiKey } = await issue(server.admin);
    const [first, other] = [crypto.randomUUID(), crypto.randomUUID()];
    const rotate = (rotationId: string) => tryToRotate(server.admin, apiKey.id, { rotationId });
    // The key of the administrator is compared each time.
    const own = await comparisons(() => rotate(first));
    for (const rotationId of [other, first]) expect(await comparisons(() => rotate(rotationId))).toBe(own + 1);
  });
});

/** How many comparisons in constant time an action makes. */
async function comparisons(action: () => Promise<unknown>): Promise<number> {
  const compare = jest.spyOn(crypto, 'timingSafeEqual');
  await action();
  const { length } = compare.mock.calls;
  compare.mockRestore();
  return length;
}

function withWrongSecret(text: string): string {
  const { secret } = makeCredential(CredentialKind.SESSION).credential;
  return formatCredential({ ...parseCredential(text)!, secret });
}
