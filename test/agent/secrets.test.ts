import { refusal } from '../node/node-requests';
import * as services from '../service/service-requests';
import { codes, dataOf } from '../support/client';
import { statementsOfRequests } from '../support/reader';
import { startServer, type TestServer } from '../support/server';
import { toldOf } from '../support/told-changes';
import { factsOf, KIND_NAMES } from './agent-kinds';
import { add, AGENT, addHost, addOf, placeFor, read, tryToAdd, tryToUpdate, update, type Host } from './agent-requests';

let server: TestServer;
let host: Host;
beforeAll(async () => {
  server = await startServer();
  host = await addHost(server.editor);
});
afterAll(() => server.stop());

const changeOf = (object: string, id: string) => ({ kind: 'CHANGED', object, id });

const CANARY = 'kanarien-vogel-im-bergwerk';
const WITH_SECRETS = KIND_NAMES.filter((kind) => factsOf(kind).secrets.length > 0);
const secretsOf = (kind: (typeof KIND_NAMES)[number]) =>
  Object.fromEntries(factsOf(kind).secrets.map((field) => [field, CANARY]));

test.each(WITH_SECRETS)('no secret of %s is in an answer, a row of any table, or a line of the log', async (kind) => {
  const agent = await addOf(server.editor, kind, host, secretsOf(kind));
  const answer = await tryToUpdate(server.admin, agent.id, { settings: { [kind]: secretsOf(kind) } });
  dataOf(answer);
  const all = await server.admin(
    `{ agents { nodes { ${AGENT} } } auditEvents { nodes { changes { before after } } } }`,
  );
  dataOf(all);
  const rows = await server.database.query<{ text: string }>(
    `SELECT string_agg(text, '') AS text FROM (
       SELECT to_jsonb(agent)::text AS text FROM agent UNION ALL SELECT to_jsonb(audit_event)::text FROM audit_event
       UNION ALL SELECT encode(sealed, 'escape') FROM agent_secret) AS everything`,
  );
  for (const text of [answer.text, all.text, rows[0]!.text, server.log.join('\n')]) expect(text).not.toContain(CANARY);
  expect(rows[0]!.text).toContain(agent.id);
});

test('a faulty secret is refused without being repeated', async () => {
  const place = await placeFor(server.editor, 'mysqldExporter', host);
  const answer = await tryToAdd(server.editor, 'mysqldExporter', {
    ...place,
    username: 'u',
    password: CANARY.repeat(100),
  });
  expect(codes(answer)).toEqual(['BAD_USER_INPUT']);
  expect(answer.text).not.toContain(CANARY);
});

test('which secrets are set is read in one statement for all agents of an answer', async () => {
  for (let count = 0; count < 5; count++) await addOf(server.editor, 'mysqldExporter', host, { password: 'p' });
  const query = '{ agents { nodes { id ... on MysqldExporter { passwordSet tlsKeySet } } } }';
  const statements = await statementsOfRequests(server.database, () => server.viewer(query));
  expect(statements.filter((statement) => statement.includes('agent_secret'))).toHaveLength(1);
});

describe('what moves a secret', () => {
  const GUARDS = { tls: true, tlsSkipVerify: true, tlsCa: 'ca', authenticationMechanism: 'PLAIN' };
  const MOVES = [
    ...Object.entries(GUARDS).map(([field, value]) => ['mongodbExporter', field, value] as const),
    ['mysqldExporter', 'extraDsnParams', [{ name: 'allowCleartextPasswords', value: '1' }]] as const,
  ];

  test.each(MOVES)('clears it: of %s another %s by an editor, and a dry run tells', async (kind, field, value) => {
    const agent = await addOf(server.editor, kind, host, { username: 'u', password: 'p', tlsKey: 'k' });
    const given = { settings: { [kind]: { [field]: value } } };
    const cleared = ['password', 'tlsKey'].map((secret) => ({ field: secret, before: 'set', after: null }));
    const dry = await update(server.editor, agent.id, { ...given, dryRun: true });
    expect(dry.changes).toEqual(expect.arrayContaining(cleared));
    expect(dry.agent).toMatchObject({ passwordSet: false, tlsKeySet: false });
    expect(await read(server.viewer, agent.id)).toEqual(agent);
    const { agent: after, changes } = await update(server.editor, agent.id, given);
    expect(changes).toEqual(dry.changes);
    expect(after).toMatchObject({ passwordSet: false, tlsKeySet: false, [field]: value });
  });

  test.each(MOVES)('leaves it when an administrator gives %s another %s', async (kind, field, value) => {
    const agent = await addOf(server.editor, kind, host, { username: 'u', password: 'p' });
    const given = { settings: { [kind]: { [field]: value } } };
    expect((await update(server.admin, agent.id, given)).agent).toMatchObject({ passwordSet: true, [field]: value });
  });

  test('leaves what is given anew with it', async () => {
    const agent = await addOf(server.editor, 'mysqldExporter', host, { password: 'p', tlsKey: 'k' });
    const given = { settings: { mysqldExporter: { tls: true, password: 'q' } } };
    const { agent: after, changes } = await update(server.editor, agent.id, given);
    expect(after).toMatchObject({ tls: true, passwordSet: true, tlsKeySet: false });
    expect(changes).toEqual(
      expect.arrayContaining([
        { field: 'password', before: 'set', after: 'set anew' },
        { field: 'tlsKey', before: 'set', after: null },
      ]),
    );
  });

  test('is none of the other settings, and none that stays as it was', async () => {
    const agent = await addOf(server.editor, 'mysqldExporter', host, { password: 'p', tls: true });
    const given = { tls: true, tlsSkipVerify: false, username: 'other', tlsCert: 'c', disabledCollectors: ['c'] };
    const { agent: after } = await update(server.editor, agent.id, {
      disabled: true,
      settings: { mysqldExporter: given },
    });
    expect(after).toMatchObject({ passwordSet: true });
  });

  const ENDPOINTS = [
    ['address', { address: '192.0.2.66' }],
    ['port', { port: 6666 }],
    ['socket', { address: null, port: null, socket: '/tmp/mine.sock' }],
  ] as const;

  test.each(ENDPOINTS)('clears it: another %s of the service, and a dry run tells', async (_, endpoint) => {
    const agent = await addOf(server.editor, 'mysqldExporter', host, { password: 'p' });
    const { id } = agent.observedService;
    const dry = await services.update(server.editor, id, { ...endpoint, dryRun: true });
    const told = { field: `agent ${agent.id}: password`, before: 'set', after: null };
    expect(dry.changes).toContainEqual(told);
    expect(await read(server.viewer, agent.id)).toEqual(agent);
    expect((await services.update(server.editor, id, endpoint)).changes).toContainEqual(told);
    const after = await read(server.viewer, agent.id);
    expect(after).toEqual({ ...agent, passwordSet: false, updatedAt: expect.any(String) });
    expect(after.updatedAt).not.toBe(agent.updatedAt);
    const rows = await server.database.query(
      `SELECT reason, changes FROM audit_event WHERE target_id = $1 AND action = 'agent.update'`,
      [agent.id],
    );
    const changes = [{ field: 'password', before: 'set', after: null }];
    expect(rows).toEqual([{ reason: 'What it observes is reached elsewhere.', changes }]);
  });

  test('is told to the change feed: the service, and the agents whose secrets are cleared', async () => {
    const agent = await addOf(server.editor, 'mysqldExporter', host, { password: 'p' });
    const { id } = agent.observedService;
    const place = { supervisorId: host.supervisorId, serviceId: id, username: 'u' };
    const other = await add(server.editor, 'qanMysqlPerfschemaAgent', { ...place, tlsKey: 'k' });
    await add(server.editor, 'qanMysqlSlowlogAgent', place);
    const moved = (port: number, dryRun: boolean) =>
      toldOf(server, () => services.update(server.editor, id, { port, dryRun }));
    expect(await moved(6666, true)).toEqual([]);
    expect(await moved(6666, false)).toEqual([
      [changeOf('AGENT', agent.id), changeOf('AGENT', other.id), changeOf('SERVICE', id)],
    ]);
    expect(await moved(6667, false)).toEqual([[changeOf('SERVICE', id)]]);
  });

  test('is seen below the service that it moves with, also in a dry run', async () => {
    const agent = await addOf(server.editor, 'mysqldExporter', host, { password: 'p' });
    for (const dryRun of [true, false]) {
      const answer = await server.editor(
        `mutation ($input: UpdateServiceInput!) {
          updateService(input: $input) { service { agents { nodes { ... on MysqldExporter { passwordSet } } } } } }`,
        { input: { id: agent.observedService.id, port: 6666, dryRun } },
      );
      expect(dataOf(answer).updateService.service.agents.nodes).toEqual([{ passwordSet: false }]);
      expect(await read(server.viewer, agent.id)).toMatchObject({ passwordSet: dryRun });
    }
  });

  test('clears it: another name of the database, in which drivers take hosts, too', async () => {
    const agent = await addOf(server.editor, 'postgresExporter', host, { password: 'p' });
    await services.update(server.editor, agent.observedService.id, { databaseName: 'host=192.0.2.66' });
    expect(await read(server.viewer, agent.id)).toMatchObject({ passwordSet: false });
  });

  test.each(ENDPOINTS)('leaves it when an administrator gives the service another %s', async (_, endpoint) => {
    const agent = await addOf(server.editor, 'mysqldExporter', host, { password: 'p' });
    await services.update(server.admin, agent.observedService.id, endpoint);
    expect(await read(server.viewer, agent.id)).toEqual(agent);
  });

  test('is no other fact of the service', async () => {
    const agent = await addOf(server.editor, 'postgresExporter', host, { password: 'p' });
    await services.update(server.editor, agent.observedService.id, { cluster: 'c', port: services.AT.port });
    expect(await read(server.viewer, agent.id)).toMatchObject({ passwordSet: true });
  });
});

test('host agents are told that a service which their agents observe is reached elsewhere, and of nothing else', async () => {
  const own = await addHost(server.editor);
  const { observedService } = await addOf(server.editor, 'postgresExporter', own);
  const generation = async () => (await read(server.viewer, own.supervisorId)).generation;
  for (const [given, raise] of [
    [{ address: 'elsewhere' }, 1],
    [{ databaseName: 'other' }, 1],
    [{ address: null, port: null, socket: '/s' }, 1],
    [{ cluster: 'c', labels: [] }, 0],
    [{ socket: '/s' }, 0],
  ] as const) {
    const before = await generation();
    await services.update(server.editor, observedService.id, given);
    expect(await generation()).toBe(before + raise);
  }
});

describe('a server without an encryption key', () => {
  let keyless: TestServer;
  beforeAll(async () => (keyless = await startServer({ encryptionKey: null })));
  afterAll(() => keyless.stop());

  test('refuses secrets and names the setting; it takes agents without, and null', async () => {
    const place = await placeFor(keyless.editor, 'mysqldExporter', await addHost(keyless.editor));
    const refused = await tryToAdd(keyless.editor, 'mysqldExporter', { ...place, username: 'u', password: 'p' });
    expect(codes(refused)).toEqual(['FAILED_PRECONDITION']);
    expect(refused.errors[0]!.message).toContain('ROLLCALL_ENCRYPTION_KEY_FILE');
    const taken = await tryToAdd(keyless.editor, 'mysqldExporter', { ...place, username: 'u', password: null });
    const { id } = dataOf(taken).addAgent.agent;
    expect(codes(await tryToUpdate(keyless.editor, id, { settings: { mysqldExporter: { tlsKey: 'k' } } }))).toEqual([
      'FAILED_PRECONDITION',
    ]);
    expect(codes(await tryToUpdate(keyless.editor, id, { settings: { mysqldExporter: { tlsKey: null } } }))).toEqual(
      [],
    );
  });
});

test('whether a secret is set is told as it is, whatever was read before in the same document', async () => {
  const agent = await addOf(server.editor, 'mysqldExporter', host, { password: 'p' });
  const changed = await server.editor(
    `mutation ($id: ID!, $service: ID!) {
      dry: updateAgent(input: { id: $id, dryRun: true, settings: { mysqldExporter: { password: null } } }) { ...set }
      then: updateAgent(input: { id: $id, disabled: true }) { ...set }
      updateService(input: { id: $service, port: 6667 }) { service { id } }
      last: updateAgent(input: { id: $id, disabled: false }) { ...set }
    }
    fragment set on UpdateAgentPayload { agent { ... on MysqldExporter { passwordSet } } }`,
    { id: agent.id, service: agent.observedService.id },
  );
  const { dry, then, last } = dataOf(changed);
  expect([dry, then, last].map(({ agent: { passwordSet } }) => passwordSet)).toEqual([false, true, false]);
});

test.each(['a\u0000b', 'a\nb', 'a\u001bb'])('a password with a control character is refused (%j)', async (password) => {
  const place = await placeFor(server.editor, 'mysqldExporter', host);
  const refused = await tryToAdd(server.editor, 'mysqldExporter', { ...place, username: 'u', password });
  expect(refusal(refused)).toEqual({ code: 'BAD_USER_INPUT', paths: ['input.mysqldExporter.password'] });
});
