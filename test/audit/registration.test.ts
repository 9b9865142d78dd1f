import { randomUUID } from 'node:crypto';
import { CredentialKind, formatCredential, makeCredential, parseCredential } from '../../src/access/credential';
import { codes } from '../support/client';
import { enrol, issueToken, register, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { expireToken, readToken, revokeToken, wholeRoll } from '../enrolment/roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

interface Row {
  action: string;
  outcome: string;
  [column: string]: unknown;
}

let seen = new Set<unknown>();
beforeEach(async () => (seen = new Set((await allRows()).map(({ id }) => id))));

const allRows = () => server.database.query<Row>('SELECT * FROM audit_event ORDER BY at, id');

const publicId = (key: string | null) => (key === null ? null : parseCredential(key)!.publicId);

/** What an enrolment tells of the keys: the one that ended and the one that was handed out. */
const keys = (before: string | null, after: string) => ({
  changes: [{ field: 'apiKey', before: publicId(before), after: publicId(after) }],
});

/** The rows written since the test began, or since they were last asked for. */
async function newRows(): Promise<Row[]> {
  const rows = (await allRows()).filter(({ id }) => !seen.has(id));
  for (const { id } of rows) seen.add(id);
  return rows;
}

const ADMIN = () => ({
  actor_name: 'admin of the test',
  actor_key_public_id: parseCredential(server.keys.ADMIN)!.publicId,
});
const CALL = {
  remote_address: '127.0.0.1',
  request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  count: 1,
  changes: [],
};

test('issuing a token and revoking it are one row each; revoking it again is none', async () => {
  const { token } = await issueToken(server.admin, {
    maxUses: 3,
    nodeName: 'db-*',
    region: 'eu',
    tags: ['a', 'b'],
    labels: [{ name: 'team', value: 'core' }],
  });
  const target = { target_type: 'registration_token', target_id: token.id, target_name: token.publicId, reason: null };
  const [issued] = await newRows();
  expect(issued!['changes']).toEqual(
    expect.arrayContaining([
      { field: 'maxUses', before: null, after: '3' },
      { field: 'nodeName', before: null, after: 'db-*' },
      { field: 'region', before: null, after: 'eu' },
      { field: 'tags', before: null, after: 'a, b' },
      { field: 'labels', before: null, after: 'team=core' },
    ]),
  );
  expect([issued]).toMatchObject([
    {
      ...ADMIN(),
      ...CALL,
      ...target,
      changes: expect.anything(),
      action: 'registration_token.issue',
      outcome: 'SUCCEEDED',
    },
  ]);
  await revokeToken(server.admin, token.id);
  expect(await newRows()).toMatchObject([
    {
      ...ADMIN(),
      ...CALL,
      ...target,
      action: 'registration_token.revoke',
      outcome: 'SUCCEEDED',
      changes: [{ field: 'revokedAt', before: null, after: expect.any(String) }],
    },
  ]);
  await revokeToken(server.admin, token.id);
  expect(await newRows()).toEqual([]);
});

test('a registration, its retry and a replacement are a row each, by the token', async () => {
  const { secret, token } = await issueToken(server.admin);
  const input = { registrationId: randomUUID(), node: { name: `told-${randomUUID()}` } };
  await newRows();
  const { agentId, nodeId, secret: first } = await register(server.anonymous, secret, input);
  const success = {
    ...CALL,
    action: 'agent.register',
    outcome: 'SUCCEEDED',
    actor_name: `registration token ${token.publicId}`,
    actor_key_public_id: null,
    target_type: 'agent',
    target_id: agentId,
    target_name: input.node.name,
  };
  expect(await newRows()).toMatchObject([{ ...success, ...keys(null, first), reason: null }]);
  const { secret: second } = await register(server.anonymous, secret, input);
  expect(await newRows()).toMatchObject([
    { ...success, ...keys(first, second), reason: 'retry of a registration whose answer was lost' },
  ]);
  const replacing = await issueToken(server.admin, { replacesNodeId: nodeId });
  await newRows();
  const { secret: third } = await register(server.anonymous, replacing.secret, { node: input.node });
  const actor_name = `registration token ${replacing.token.publicId}`;
  expect(await newRows()).toMatchObject([
    { ...success, ...keys(second, third), actor_name, reason: 'enrolled afresh' },
  ]);
});

describe('a refusal of whoever holds the right secret is one row', () => {
  test.each<[string, Record<string, unknown>, (id: string, secret: string) => Promise<unknown>]>([
    ['TOKEN_USED', {}, (_, secret) => register(server.anonymous, secret)],
    ['TOKEN_EXPIRED', {}, (id) => expireToken(server.database, id)],
    ['TOKEN_REVOKED', {}, (id) => revokeToken(server.admin, id)],
    ['TOKEN_NOT_APPLICABLE', { nodeName: 'other' }, async () => undefined],
    ['CONFLICT', {}, () => enrol(server.admin, { node: { name: 'refused-with-CONFLICT' } })],
  ])('%s', async (code, wishes, happened) => {
    const { secret, token } = await issueToken(server.admin, wishes);
    await happened(token.id, secret);
    await newRows();
    const answer = await tryToRegister(server.anonymous, secret, { node: { name: `refused-with-${code}` } });
    expect(codes(answer)).toEqual([code]);
    expect(await newRows()).toMatchObject([
      {
        ...CALL,
        action: 'agent.register',
        outcome: 'REFUSED',
        actor_name: `registration token ${token.publicId}`,
        target_type: 'registration_token',
        target_id: token.id,
        target_name: token.publicId,
        reason: code,
        request_id: answer.headers.get('x-request-id'),
      },
    ]);
  });

  test('however many come at once: as many rows as attempts', async () => {
    const { secret, token } = await issueToken(server.admin);
    await newRows();
    const answers = await Promise.all(Array.from({ length: 30 }, () => tryToRegister(server.anonymous, secret)));
    const rows = await newRows();
    const outcomes = rows.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'SUCCEEDED')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'REFUSED')).toHaveLength(29);
    const requests = answers.map(({ headers }) => headers.get('x-request-id'));
    expect(new Set(rows.map(({ request_id }) => request_id))).toEqual(new Set(requests));
    expect(new Set(rows.map(({ actor_name }) => actor_name))).toEqual(
      new Set([`registration token ${token.publicId}`]),
    );
  });
});

test('whoever does not hold the right secret, and whoever sends what is faulty, leaves no row of an own', async () => {
  const { secret } = await issueToken(server.admin);
  await newRows();
  const wrong = formatCredential({ ...parseCredential(secret)!, secret: 'x'.repeat(43) });
  for (const token of [wrong, makeCredential(CredentialKind.REGISTRATION_TOKEN).text, 'nonsense', server.keys.ADMIN])
    expect(codes(await tryToRegister(server.anonymous, token))).toEqual(['TOKEN_INVALID']);
  expect(codes(await tryToRegister(server.anonymous, secret, { node: { name: '' } }))).toEqual(['BAD_USER_INPUT']);
  expect(await newRows()).toEqual([]);
});

describe('when the audit row cannot be written', () => {
  afterEach(letAuditGo);

  test('no token is issued or revoked', async () => {
    const { token } = await issueToken(server.admin);
    const before = await wholeRoll(server.database);
    await refuseAudit();
    const issue = await server.admin('mutation { issueRegistrationToken(input: {}) { secret } }');
    const revoke = await server.admin(
      `mutation { revokeRegistrationToken(input: { id: "${token.id}" }) { token { id } } }`,
    );
    expect([issue, revoke].map(codes)).toEqual([['INTERNAL_SERVER_ERROR'], ['INTERNAL_SERVER_ERROR']]);
    expect(issue.text + revoke.text).not.toContain('the trail is full');
    expect(await wholeRoll(server.database)).toEqual(before);
  });

  test('no agent is registered, afresh or again, and every token stays usable', async () => {
    const fresh = await issueToken(server.admin);
    const former = await enrol(server.admin, { node: { name: 'unaudited-01' } });
    const replacing = await issueToken(server.admin, { replacesNodeId: former.nodeId });
    const lost = await issueToken(server.admin);
    const retry = { registrationId: randomUUID(), node: { name: 'unaudited-02' } };
    await register(server.anonymous, lost.secret, retry);
    const attempts: [string, Record<string, unknown>][] = [
      [fresh.secret, { postgresql: { version: '17' } }],
      [replacing.secret, { node: { name: 'unaudited-01', os: 'other' } }],
      [lost.secret, retry],
    ];
    const before = await wholeRoll(server.database);
    await refuseAudit();
    for (const [secret, input] of attempts)
      expect(codes(await tryToRegister(server.anonymous, secret, input))).toEqual(['INTERNAL_SERVER_ERROR']);
    expect(await wholeRoll(server.database)).toEqual(before);
    await letAuditGo();
    for (const [secret, input] of attempts)
      expect(codes(await tryToRegister(server.anonymous, secret, input))).toEqual([]);
    expect(await readToken(server.admin, fresh.token.id)).toMatchObject({ status: 'USED', uses: 1 });
  });

  test('a refusal stands, and the log tells that it could not be written', async () => {
    const { secret } = await issueToken(server.admin);
    await register(server.anonymous, secret);
    await refuseAudit();
    const answer = await tryToRegister(server.anonymous, secret);
    expect(codes(answer)).toEqual(['TOKEN_USED']);
    const line = server.log.find((text) => text.includes('a refusal could not be written to the audit trail'));
    expect(JSON.parse(line!)).toMatchObject({
      level: 50,
      reqId: answer.headers.get('x-request-id'),
      action: 'agent.register',
    });
  });
});

/** Makes PostgreSQL refuse every new row of the audit trail. */
function refuseAudit() {
  return server.database.query(`
    CREATE FUNCTION refuse_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the trail is full'; END $$;
    CREATE TRIGGER refuse_audit BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_audit()`);
}

function letAuditGo() {
  return server.database.query('DROP FUNCTION IF EXISTS refuse_audit CASCADE');
}
