import { CredentialKind, makeCredential } from '../../src/access/credential';
import type { Answer } from '../support/client';
import { issueToken, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { tryToIssue } from './key-requests';

// What people paste into the wrong field would be stored and shown to all who may read.

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const secret = makeCredential(CredentialKind.USER_KEY).text;
const enrol = async (input: Record<string, unknown>) =>
  tryToRegister(server.anonymous, (await issueToken(server.admin)).secret, input);
const order = (input: Record<string, unknown>) =>
  server.admin('mutation ($input: IssueRegistrationTokenInput!) { issueRegistrationToken(input: $input) { secret } }', {
    input,
  });
const node = (facts: Record<string, unknown>) => enrol({ node: { name: 'db-1', ...facts } });

test.each<[string, string, () => Promise<Answer>]>([
  ['the name of a key', 'input.name', () => tryToIssue(server.admin, { name: secret })],
  ['the description of a token', 'input.description', () => order({ description: `for ${secret}` })],
  ['the tag that a token gives', 'input.tags.0', () => order({ tags: [secret] })],
  ['the name of a node', 'input.node.name', () => node({ name: secret })],
  ['the address of a node', 'input.node.address', () => node({ address: secret })],
  ['the value of a label', 'input.node.labels.0', () => node({ labels: [{ name: 'owner', value: `${secret}\n` }] })],
  ['the name of a label', 'input.node.labels.0', () => node({ labels: [{ name: secret, value: '' }] })],
  [
    'the name of a service',
    'input.postgresql.name',
    () => enrol({ node: { name: 'db-1' }, postgresql: { version: '16.4', name: secret } }),
  ],
])('A key or token as %s is refused, and not stored', async (_, path, send) => {
  const { errors, text } = await send();
  expect(errors[0]!.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path, message: expect.stringMatching(/^This holds a key or token/) }],
  });
  expect(text).not.toContain(secret);
});

it('A public id is no secret, and may stand in a name', async () => {
  const { errors } = await tryToIssue(server.admin, { name: `successor of ${secret.slice(0, 16)}` });
  expect(errors).toEqual([]);
});
