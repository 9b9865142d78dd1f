import { randomUUID } from 'node:crypto';
import { codes } from '../support/client';
import { startServer, type TestServer } from '../support/server';
import { add, KINDS, read, refusal, tryToUpdate, update, type NodeKind } from './node-requests';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const OWN: Record<NodeKind, string[]> = {
  generic: ['machineId', 'distro'],
  container: ['machineId', 'containerId', 'containerName'],
  remote: [],
  remoteRds: ['instanceId'],
  remoteAzureDatabase: [],
};
const ALL_OWN = ['machineId', 'distro', 'containerId', 'containerName', 'instanceId'];
const CLEARABLE = ['model', 'zone', 'environment', 'os'];

const auditRows = (id: string) =>
  server.database.query<{ action: string; changes: unknown }>(
    `SELECT action, changes FROM audit_event WHERE target_id = $1 AND action = 'node.update'`,
    [id],
  );

describe.each(KINDS)('a node of kind %s', (kind) => {
  test('takes each fact that it is given, and keeps what is absent', async () => {
    const node = await add(server.editor, kind, { model: 'm', tags: ['t'], labels: [{ name: 'l', value: '1' }] });
    const given = { name: `${node.name}.new`, address: `${node.name}-moved`, zone: 'b', tags: ['u', 'v', 'u'] };
    const { node: after, changes } = await update(server.editor, node.id, given);
    expect(after).toMatchObject({
      ...given,
      tags: ['u', 'v'],
      id: node.id,
      type: node.type,
      model: 'm',
      labels: node.labels,
    });
    expect(after.createdAt).toBe(node.createdAt);
    expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(node.updatedAt));
    expect(await read(server.viewer, node.id)).toEqual(after);
    expect(changes).toEqual([
      { field: 'name', before: node.name, after: given.name },
      { field: 'address', before: node.address, after: given.address },
      { field: 'zone', before: null, after: 'b' },
      { field: 'tags', before: '["t"]', after: '["u","v"]' },
    ]);
    expect(await auditRows(node.id)).toEqual([{ action: 'node.update', changes }]);
  });

  test('loses what is cleared by null', async () => {
    const facts = Object.fromEntries(CLEARABLE.map((field) => [field, 'x']));
    const node = await add(server.editor, kind, { ...facts, tags: ['t'], labels: [{ name: 'l', value: '1' }] });
    const nothing = Object.fromEntries([...CLEARABLE, 'tags', 'labels'].map((field) => [field, null]));
    const { node: after } = await update(server.editor, node.id, nothing);
    for (const field of CLEARABLE) expect(after[field]).toBeNull();
    expect(after).toMatchObject({ tags: [], labels: [] });
  });

  test.each(['name', 'address'])('keeps its %s: null is refused', async (field) => {
    const node = await add(server.editor, kind);
    const answer = await tryToUpdate(server.editor, node.id, { [field]: null });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: [`input.${field}`] });
    expect(await read(server.editor, node.id)).toEqual(node);
  });

  test.each(ALL_OWN.filter((field) => !OWN[kind].includes(field)))('has no %s, and is given none', async (field) => {
    const node = await add(server.editor, kind);
    for (const value of ['x', null])
      expect(refusal(await tryToUpdate(server.editor, node.id, { [field]: value }))).toEqual({
        code: 'BAD_USER_INPUT',
        paths: [`input.${field}`],
      });
  });

  test('is CONFLICT with the name of another, and stays as it is', async () => {
    const [node, other] = [await add(server.editor, kind), await add(server.editor, 'generic')];
    const answer = await tryToUpdate(server.editor, node.id, { zone: 'b', name: other.name.toUpperCase() });
    expect(refusal(answer)).toEqual({ code: 'CONFLICT', paths: ['input.name'] });
    expect(await read(server.editor, node.id)).toEqual(node);
  });

  test('may be given its own name in another case', async () => {
    const node = await add(server.editor, kind);
    const { node: after } = await update(server.editor, node.id, { name: node.name.toUpperCase() });
    expect(after.name).toBe(node.name.toUpperCase());
  });
});

describe('the rules of a kind hold for updates, too', () => {
  test.each(['remoteRds', 'remoteAzureDatabase'] as const)('%s keeps a region', async (kind) => {
    const node = await add(server.editor, kind);
    const answer = await tryToUpdate(server.editor, node.id, { region: null });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: ['input.region'] });
  });

  test.each(['remoteRds', 'remoteAzureDatabase'] as const)('%s is not moved to where another is', async (kind) => {
    const [node, other] = [await add(server.editor, kind), await add(server.editor, kind)];
    const answer = await tryToUpdate(server.editor, node.id, { address: other.address });
    expect(refusal(answer)).toEqual({ code: 'CONFLICT', paths: ['input.address'] });
  });

  test('an RDS instance gets no address with a dot', async () => {
    const node = await add(server.editor, 'remoteRds');
    const answer = await tryToUpdate(server.editor, node.id, { address: 'a.b' });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: ['input.address'] });
  });

  test('a container keeps its id while it has a name', async () => {
    const node = await add(server.editor, 'container', { containerId: randomUUID(), containerName: 'db' });
    const answer = await tryToUpdate(server.editor, node.id, { containerId: null });
    expect(refusal(answer)).toEqual({ code: 'BAD_USER_INPUT', paths: ['input.containerName'] });
    const { node: after } = await update(server.editor, node.id, { containerId: null, containerName: null });
    expect(after).toMatchObject({ containerId: null, containerName: null });
  });
});

test('an update that changes nothing leaves updatedAt alone, and no audit row', async () => {
  const node = await add(server.editor, 'generic', { zone: 'a', tags: ['t'], labels: [{ name: 'l', value: '1' }] });
  const same = { name: node.name, zone: 'a', os: null, tags: ['t', 't'], labels: node.labels };
  for (const given of [{}, same]) expect(await update(server.editor, node.id, given)).toEqual({ node, changes: [] });
  expect(await auditRows(node.id)).toEqual([]);
});

test('an update moves updatedAt on, though the clock was set back', async () => {
  const node = await add(server.editor, 'generic');
  await server.database.query(`UPDATE node SET updated_at = updated_at + interval '1 hour' WHERE id = $1`, [node.id]);
  const { updatedAt } = await read(server.viewer, node.id);
  const { node: after } = await update(server.editor, node.id, { zone: 'a' });
  expect(Date.parse(after.updatedAt)).toBe(Date.parse(updatedAt) + 1);
});

describe('expectedUpdatedAt', () => {
  test('of the node as it is lets the update through, an older one is CONFLICT', async () => {
    const node = await add(server.editor, 'generic');
    const { node: after } = await update(server.editor, node.id, { zone: 'a', expectedUpdatedAt: node.updatedAt });
    const stale = await tryToUpdate(server.editor, node.id, { zone: 'b', expectedUpdatedAt: node.updatedAt });
    expect(refusal(stale)).toEqual({ code: 'CONFLICT', paths: ['input.expectedUpdatedAt'] });
    expect(await read(server.editor, node.id)).toEqual(after);
  });

  test('lets one of ten through that saw the same', async () => {
    const node = await add(server.editor, 'generic');
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        tryToUpdate(server.editor, node.id, { zone: `z${index}`, expectedUpdatedAt: node.updatedAt }),
      ),
    );
    expect(answers.filter((answer) => codes(answer).length === 0)).toHaveLength(1);
  });
});

describe('a dry run', () => {
  test('answers what would be, and stores nothing', async () => {
    const node = await add(server.editor, 'generic');
    const { node: would, changes } = await update(server.editor, node.id, { zone: 'b', dryRun: true });
    expect(would).toMatchObject({ id: node.id, zone: 'b' });
    expect(changes).toEqual([{ field: 'zone', before: null, after: 'b' }]);
    expect(await read(server.editor, node.id)).toEqual(node);
    expect(await auditRows(node.id)).toEqual([]);
  });

  test('is refused for what the update would be', async () => {
    const [node, other] = [await add(server.editor, 'generic'), await add(server.editor, 'generic')];
    const answer = await tryToUpdate(server.editor, node.id, { name: other.name, dryRun: true });
    expect(codes(answer)).toEqual(['CONFLICT']);
  });
});

test.each([randomUUID(), '', 'nonsense'])('there is no node %j', async (id) => {
  expect(codes(await tryToUpdate(server.editor, id, { zone: 'a' }))).toEqual(['NOT_FOUND']);
});
