import { getNamedType, GraphQLBoolean, isAbstractType, isLeafType, isObjectType, type GraphQLNamedType } from 'graphql';
import { randomUUID } from 'node:crypto';
import { hashSecret, parseCredential } from '../../src/access/credential';
import { createSchema } from '../../src/schema';
import { issue, rotate } from '../access/key-requests';
import { walk } from '../access/selection-walk';
import { issueToken, register } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';

jest.setTimeout(60_000);

const schema = createSchema();
const SUSPICIOUS = /secret|token|password|hash|credential|private|signature|cookie/i;

/** What hands out each secret that a field of the schema has; written by hand. */
const HANDED_OUT: Record<string, () => Promise<string>> = {
  'IssueApiKeyPayload.secret': async () => (await issue(server.admin)).secret,
  'IssueRegistrationTokenPayload.secret': async () => (await issueToken(server.admin)).secret,
  'RegisterAgentPayload.secret': async () => {
    const { secret } = await issueToken(server.admin);
    const input = { registrationId: ids.registration, node: { name: 'db-1' }, postgresql: { version: '17' } };
    return (await register(server.anonymous, secret, input)).secret;
  },
  'RotateApiKeyPayload.secret': async () => {
    const { apiKey } = await issue(server.admin);
    return (await rotate(server.admin, apiKey.id, { grace: '1h', rotationId: ids.rotation })).secret;
  },
};
/** Says why there is none, in a sentence of ours. */
const WHY_NONE = 'DesiredAgent.secretsWithheld';
const ids = { registration: randomUUID(), rotation: randomUUID() };

let server: TestServer;
/** The parts of all secrets at work that prove something, as text. */
let proofs: string[];

beforeAll(async () => {
  server = await startServer();
  const secrets = Object.values(server.keys);
  for (const handOut of Object.values(HANDED_OUT)) secrets.push(await handOut());
  secrets.push(await overPlainHttp());
  proofs = [...secrets.map((secret) => parseCredential(secret)!.secret), ...Object.values(ids)];
});
afterAll(() => server.stop());

async function overPlainHttp(): Promise<string> {
  const { secret: token } = await issueToken(server.admin);
  const response = await fetch(`${server.url}/api/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, hostname: 'db-2' }),
  });
  return ((await response.json()) as { api_key: string }).api_key;
}

test('no field of any type can hold a secret but those of the payloads that hand one out', () => {
  const suspicious = typesBelow(Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__')));
  expect(leavesOf(suspicious).filter((field) => SUSPICIOUS.test(field.split('.')[1]!))).toEqual(
    [...Object.keys(HANDED_OUT), WHY_NONE].toSorted(),
  );
});

test('no query leads to a payload that hands out a secret', () => {
  const readable = typesBelow([schema.getQueryType()!]).map(({ name }) => name);
  expect(readable).toEqual(expect.arrayContaining(['ApiKey', 'RegistrationToken', 'HostAgent', 'AuditEvent']));
  expect(readable.filter((name) => name.endsWith('Payload'))).toEqual([]);
});

test.each(['nodes', 'services', 'agents', 'apiKeys', 'registrationTokens', 'auditEvents', 'caller'])(
  'no answer to an administrator who reads all below %s has a secret or the hash of one',
  async (root) => {
    const visits = await walk(schema, server.admin, root, 5);
    const text = visits.map(({ answer }) => answer.text).join('\n');
    const hashes = proofs.map(hashSecret).flatMap((hash) => [hash.toString('hex'), hash.toString('base64')]);
    for (const secret of [...proofs, ...hashes]) expect(text).not.toContain(secret);
    expect(visits.some(({ objects }) => objects.length > 0)).toBe(true);
  },
);

test('no answer that hands out a secret is logged, nor is what was sent for it', () => {
  const log = server.log.join('\n');
  expect(log).toContain('"msg":"request"');
  for (const proof of proofs) {
    expect(log).not.toContain(proof);
    expect(log).not.toContain(Buffer.from(proof).toString('base64').slice(0, -4));
  }
});

/** These types and all that their fields lead to. */
function typesBelow(roots: GraphQLNamedType[]): GraphQLNamedType[] {
  const found = new Set(roots);
  for (const type of found) {
    if (isAbstractType(type)) for (const possible of schema.getPossibleTypes(type)) found.add(possible);
    if (isObjectType(type)) for (const field of Object.values(type.getFields())) found.add(getNamedType(field.type));
  }
  return [...found];
}

/** Whether a secret is set is none itself. */
function leavesOf(types: GraphQLNamedType[]): string[] {
  return types
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => isLeafType(getNamedType(field.type)) && getNamedType(field.type) !== GraphQLBoolean)
        .map(({ name }) => `${type.name}.${name}`),
    )
    .toSorted();
}
