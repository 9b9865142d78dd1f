import { randomUUID } from 'node:crypto';
import { refusal, update as updateNode } from '../node/node-requests';
import { codes } from '../support/client';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { factsOf, KIND_NAMES } from './agent-kinds';
import { addHost, addOf, generationOf, read, tryToUpdate, update, type Host } from './agent-requests';

let server: TestServer;
let host: Host;
beforeAll(async () => {
  server = await startServer();
  host = await addHost(server.editor);
});
afterAll(() => server.stop());

const generation = () => generationOf(server.viewer, host.supervisorId);

describe.each(KIND_NAMES)('an agent of kind %s', (kind) => {
  const { settings, secrets, unsaid } = factsOf(kind);
  const raise = kind === 'externalExporter' ? 0 : 1;

  test('takes each setting, keeps the rest, and its host agent is told', async () => {
    const agent = await addOf(server.editor, kind, host, { labels: [{ name: 'l', value: '1' }] });
    let former = agent;
    for (const [field, value] of Object.entries(settings)) {
      const before = await generation();
      const given = { settings: { [kind]: { [field]: value } } };
      const { agent: after, changes } = await update(server.editor, agent.id, given);
      expect(after).toEqual({ ...former, [field]: value, updatedAt: expect.any(String) });
      expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(former.updatedAt));
      expect(await read(server.viewer, agent.id)).toEqual(after);
      expect(changes).toMatchObject([{ field, after: expect.any(String) }]);
      expect(await generation()).toBe(before + raise);
      former = after;
    }
  });

  test('leaves an audit row of its change', async () => {
    const agent = await addOf(server.editor, kind, host);
    const { changes } = await update(server.editor, agent.id, { disabled: true, settings: { [kind]: settings } });
    expect(changes).toHaveLength(1 + Object.keys(settings).length);
    const rows = await server.database.query(
      `SELECT action, actor_name, target_name, changes FROM audit_event WHERE target_id = $1 AND action <> 'agent.add'`,
      [agent.id],
    );
    const target = { actor_name: 'editor of the test', target_name: `${agent.type} on ${host.nodeName}` };
    expect(rows).toEqual([{ action: 'agent.update', ...target, changes }]);
  });

  const isEmpty = (field: string) => unsaid[field] === null || Array.isArray(unsaid[field]);
  const mayBeEmpty = Object.keys(settings).filter(isEmpty);
  const neverEmpty = Object.keys(settings).filter((field) => !isEmpty(field));

  test('loses what is cleared by null', async () => {
    const agent = await addOf(server.editor, kind, host, settings);
    const nothing = Object.fromEntries(mayBeEmpty.map((field) => [field, null]));
    const { agent: after } = await update(server.editor, agent.id, { settings: { [kind]: nothing } });
    const cleared = Object.fromEntries(mayBeEmpty.map((field) => [field, unsaid[field]]));
    expect(after).toEqual({ ...agent, ...cleared, updatedAt: after.updatedAt });
  });

  test('keeps what is never empty: null is refused', async () => {
    const agent = await addOf(server.editor, kind, host);
    for (const field of neverEmpty)
      expect(refusal(await tryToUpdate(server.editor, agent.id, { settings: { [kind]: { [field]: null } } }))).toEqual({
        code: 'BAD_USER_INPUT',
        paths: [`input.settings.${kind}.${field}`],
      });
    expect(await read(server.viewer, agent.id)).toEqual(agent);
  });

  test('is stopped and started, and its host agent is told', async () => {
    const agent = await addOf(server.editor, kind, host);
    const before = await generation();
    const { agent: stopped, changes } = await update(server.editor, agent.id, { disabled: true });
    expect(stopped).toMatchObject({ disabled: true, status: raise === 1 ? 'DONE' : 'UNKNOWN' });
    expect(changes).toEqual([{ field: 'disabled', before: 'false', after: 'true' }]);
    const { agent: started } = await update(server.editor, agent.id, { disabled: false });
    expect(started).toMatchObject({ disabled: false, status: 'UNKNOWN' });
    expect(await generation()).toBe(before + 2 * raise);
  });

  test('takes other labels, or none, of which its host agent need not be told', async () => {
    const agent = await addOf(server.editor, kind, host, { labels: [{ name: 'l', value: '1' }] });
    const before = await generation();
    const labels = [{ name: 'm', value: '2' }];
    expect((await update(server.editor, agent.id, { labels })).agent).toMatchObject({ labels });
    expect((await update(server.editor, agent.id, { labels: null })).agent).toMatchObject({ labels: [] });
    expect(await generation()).toBe(before);
  });

  test('is given no settings of another kind', async () => {
    const agent = await addOf(server.editor, kind, host);
    for (const other of KIND_NAMES.filter((name) => name !== kind))
      expect(refusal(await tryToUpdate(server.editor, agent.id, { settings: { [other]: {} } }))).toEqual({
        code: 'BAD_USER_INPUT',
        paths: [`input.settings.${other}`],
      });
  });

  test('has secrets set, replaced and cleared, told without their values', async () => {
    const agent = await addOf(server.editor, kind, host);
    const set = (value: string | null) =>
      update(server.editor, agent.id, {
        settings: { [kind]: Object.fromEntries(secrets.map((field) => [field, value])) },
      });
    for (const [value, before, after] of [
      ['one', null, 'set'],
      ['one', 'set', 'set anew'],
      [null, 'set', null],
    ] as const) {
      const generationBefore = await generation();
      const { agent: now, changes } = await set(value);
      expect(changes).toEqual(secrets.map((field) => ({ field, before, after })));
      expect(now).toMatchObject(Object.fromEntries(secrets.map((field) => [`${field}Set`, value !== null])));
      expect(await read(server.viewer, agent.id)).toEqual(now);
      expect(await generation()).toBe(generationBefore + (secrets.length > 0 ? 1 : 0));
    }
  });
});

test('what changes nothing leaves no trace; what is stale is CONFLICT; a dry run answers what would be', async () => {
  const agent = await addOf(server.editor, 'mysqldExporter', host, { password: 'p' });
  const before = await generation();
  const same = {
    disabled: false,
    settings: { mysqldExporter: { username: agent.username, tls: false, logLevel: null } },
  };
  expect(await update(server.editor, agent.id, same)).toEqual({ agent, changes: [] });
  const given = { disabled: true, settings: { mysqldExporter: { username: 'other', password: null, tlsKey: 'k' } } };
  const dry = await update(server.editor, agent.id, { ...given, dryRun: true });
  expect(dry.agent).toMatchObject({ disabled: true, username: 'other', passwordSet: false, tlsKeySet: true });
  expect(dry.changes.map(({ field }: { field: string }) => field).toSorted()).toEqual([
    'disabled',
    'password',
    'tlsKey',
    'username',
  ]);
  expect(await read(server.viewer, agent.id)).toEqual(agent);
  expect(await generation()).toBe(before);
  await update(server.editor, agent.id, { disabled: true, expectedUpdatedAt: agent.updatedAt });
  const stale = await tryToUpdate(server.editor, agent.id, { disabled: false, expectedUpdatedAt: agent.updatedAt });
  expect(refusal(stale)).toEqual({ code: 'CONFLICT', paths: ['input.expectedUpdatedAt'] });
});

test.each([
  ['mysqldExporter', 'connectionTimeout'],
  ['rtaMongodbAgent', 'collectInterval'],
] as const)('of %s changes and the audit trail tell %s in its unit', async (kind, field) => {
  const agent = await addOf(server.editor, kind, host, { [field]: '90s' });
  const { changes } = await update(server.editor, agent.id, { settings: { [kind]: { [field]: '2h' } } });
  expect(changes).toEqual([{ field, before: '90s', after: '2h' }]);
  const rows = await server.database.query(
    `SELECT changes FROM audit_event WHERE target_id = $1 AND action = 'agent.add'`,
    [agent.id],
  );
  expect(rows).toEqual([{ changes: expect.arrayContaining([{ field, before: null, after: '90s' }]) }]);
});

test.each(['disabled', 'settings'])('null as %s is refused', async (field) => {
  const agent = await addOf(server.editor, 'vmAgent', host);
  expect(refusal(await tryToUpdate(server.editor, agent.id, { [field]: null }))).toEqual({
    code: 'BAD_USER_INPUT',
    paths: [`input.${field}`],
  });
});

test('of several kinds of settings at once, or of none, nothing is changed', async () => {
  const agent = await addOf(server.editor, 'vmAgent', host);
  for (const settings of [{}, { vmAgent: null }, { vmAgent: {}, nomadAgent: {} }])
    expect(codes(await tryToUpdate(server.editor, agent.id, { settings }))).toEqual(['BAD_USER_INPUT']);
});

test('a host agent takes labels; it has no settings, and is not stopped from here', async () => {
  const { supervisorId: id } = await addHost(server.editor);
  const labels = [{ name: 'team', value: 'core' }];
  expect((await update(server.editor, id, { labels, disabled: false })).agent).toMatchObject({ labels, generation: 1 });
  expect(refusal(await tryToUpdate(server.editor, id, { disabled: true }))).toEqual({
    code: 'BAD_USER_INPUT',
    paths: ['input.disabled'],
  });
  expect(codes(await tryToUpdate(server.editor, id, { settings: { vmAgent: {} } }))).toEqual(['BAD_USER_INPUT']);
});

test.each([randomUUID(), '', 'nonsense'])('there is no agent %j', async (id) => {
  expect(codes(await tryToUpdate(server.editor, id, { disabled: true }))).toEqual(['NOT_FOUND']);
});

test('it is for editors: not for viewers, agents, and whoever has no key', async () => {
  const agent = await addOf(server.editor, 'vmAgent', host);
  const { secret } = await enrol(server.admin);
  for (const [client, code] of [
    [server.viewer, 'FORBIDDEN'],
    [server.as(secret), 'FORBIDDEN'],
    [server.anonymous, 'UNAUTHENTICATED'],
  ] as const)
    expect(codes(await tryToUpdate(client, agent.id, { disabled: true }))).toEqual([code]);
});

test.each([
  ['region', { region: 'eu-west-9' }, 1],
  ['address', { address: 'db-elsewhere' }, 1],
  ['instance id', { instanceId: 'db-ABC' }, 1],
  ['model', { model: 'm' }, 0],
])('a managed instance with another %s is told to the host agents whose agents observe it', async (_, given, raise) => {
  const own = await addHost(server.editor);
  const agent = await addOf(server.editor, 'rdsExporter', own);
  const before = await generationOf(server.viewer, own.supervisorId);
  await updateNode(server.editor, agent.observedNode.id, given);
  expect(await generationOf(server.viewer, own.supervisorId)).toBe(before + raise);
});
