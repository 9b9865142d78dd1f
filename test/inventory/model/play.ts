import { pagedList, walk } from '../../connection/lists';
import { refusal } from '../../node/node-requests';
import { dataOf, type Answer } from '../../support/client';
import { issueToken, tryToRegister } from '../../support/enrol';
import type { TestServer } from '../../support/server';
import { COLLECTIONS, type Collection } from './collections';
import { ADD, everything, REMOVE, shown, UPDATE } from './requests';
import { changedFields, stored, type Item, type Noun, type Refused, type Roll } from './roll';
import { HIGHEST, type Listing, type Step } from './steps';

/** The id of nothing. */
const NOTHING = '01900000-0000-7000-8000-000000000000';

const COLLECTION = Object.fromEntries(COLLECTIONS.map((each) => [each.noun, each])) as Record<Noun, Collection>;

type Players = { [Kind in Step['do']]: (server: TestServer, roll: Roll, step: Step & { do: Kind }) => Promise<string> };

/**
 * Makes the call, and expects of the server what the model says: its answer, and then everything that is on the roll. Gives what it
 * came to.
 */
export async function play(server: TestServer, roll: Roll, step: Step): Promise<string> {
  const player = PLAYERS[step.do] as (...all: [TestServer, Roll, Step]) => Promise<string>;
  const outcome = await player(server, roll, step);
  expect(await everything(server.viewer)).toEqual(expectedOf(roll));
  return `${step.do}: ${outcome}`;
}

const PLAYERS: Players = {
  async add({ editor }, roll, { of, kind, given, which }) {
    const collection = COLLECTION[of];
    const facts = stored(collection, kind, given);
    const place = of === 'service' ? { nodeId: chosen(roll.items.node, which)?.id ?? NOTHING } : {};
    const refused = roll.refusesAddition(collection, kind, facts, place.nodeId);
    const answer = await editor(ADD[of], { input: { [kind]: { ...given, ...place } } });
    if (refused) return expectRefusal(answer, refused);
    const added = dataOf(answer).done.item;
    const { id, createdAt, updatedAt } = added;
    const item = { id, kind, createdAt, updatedAt, facts, ...place };
    expect(added).toEqual(shown(collection, item));
    roll.items[of].push(item);
    return 'done';
  },

  async update({ editor }, roll, { of, which, given, expected, dryRun }) {
    const collection = COLLECTION[of];
    const item = chosen(roll.items[of], which);
    const expectedUpdatedAt = { nothing: undefined, this: item?.updatedAt, another: '2020-01-01T00:00:00.000Z' }[
      expected
    ];
    const refused = roll.refusesUpdate(collection, item?.id ?? NOTHING, given, expectedUpdatedAt);
    const answer = await editor(UPDATE[of], {
      input: { id: item?.id ?? NOTHING, ...given, expectedUpdatedAt, dryRun },
    });
    if (refused) return expectRefusal(answer, refused);
    const { item: updated, changes } = dataOf(answer).done;
    const facts = stored(collection, item!.kind, { ...item!.facts, ...given });
    const fields = changedFields(item!.facts, facts);
    const moves = fields.length > 0;
    expect(changes.map(({ field }: { field: string }) => field).toSorted()).toEqual(fields.toSorted());
    expect(updated).toEqual(shown(collection, { ...item!, facts, ...(moves && { updatedAt: updated.updatedAt }) }));
    expect(Date.parse(updated.updatedAt) > Date.parse(item!.updatedAt)).toBe(moves);
    if (!dryRun) Object.assign(item!, { facts, updatedAt: updated.updatedAt });
    return dryRun ? 'tried' : moves ? 'done' : 'nothing new';
  },

  async remove({ editor }, roll, { of, which, force, dryRun }) {
    const id = chosen(roll.items[of], which)?.id ?? NOTHING;
    const refused = roll.refusesRemoval(of, id, force);
    const { services, agents } = roll.dependants(of, id);
    const answer = await editor(REMOVE[of], { input: { id, force, dryRun } });
    if (refused) return expectRefusal(answer, refused);
    expect(dataOf(answer).done).toEqual({
      [`${of}Id`]: id,
      removedAgents: agents,
      ...(of === 'node' && { removedServices: services, revokedApiKeys: agents }),
    });
    if (!dryRun) roll.remove(id);
    return dryRun ? 'tried' : 'done';
  },

  async enrol({ admin, anonymous, viewer }, roll, { name }) {
    const facts = stored(COLLECTION.node, 'generic', { name, address: '127.0.0.1' });
    const refused = roll.refusesAddition(COLLECTION.node, 'generic', facts);
    const { secret } = await issueToken(admin);
    const answer = await tryToRegister(anonymous, secret, { node: { name } });
    if (refused) return expectRefusal(answer, { ...refused, paths: [[]] });
    const { agentId, nodeId } = dataOf(answer).registerAgent;
    const { createdAt, updatedAt } = (await everything(viewer)).node.find(({ id }) => id === nodeId) as Item;
    roll.items.node.push({ id: nodeId, kind: 'generic', createdAt, updatedAt, facts });
    roll.agents.push({ id: agentId, nodeId });
    return 'done';
  },

  async list({ viewer }, roll, { of, which, filter, field, way, direction, size, nested }) {
    const { kinds, filters } = COLLECTION[of];
    const [argument, holds] = filters[filter % filters.length]!;
    const parent = of === 'service' && nested ? chosen(roll.items.node, which)?.id : undefined;
    const around = parent === undefined ? '*' : `node(by: { id: "${parent}" }) { * }`;
    const list = pagedList(`${of}s`, `${argument} orderBy: { field: ${field}, direction: ${way} }`, around);
    const expected = roll.items[of]
      .filter(({ nodeId }) => parent === undefined || nodeId === parent)
      .filter(({ kind, facts }) => holds(kinds[kind]!.type, facts))
      .toSorted(inOrder(field, way));
    expect(await walk(viewer, list, direction, size)).toEqual(expected.map(({ id }) => id));
    return parent === undefined ? 'whole' : 'nested';
  },
};

/** One of them; the highest number chooses none. */
function chosen<Value>(items: readonly Value[], which: number): Value | undefined {
  return which === HIGHEST ? undefined : items[which % items.length];
}

function expectRefusal(answer: Answer, { code, paths, dependants }: Refused): string {
  const { code: actual, paths: named } = refusal(answer);
  expect({ actual, path: paths.map(String) }).toEqual({
    actual: code,
    path: expect.arrayContaining([String([...new Set(named)].toSorted())]),
  });
  expect(answer.errors[0]!.extensions['dependants']).toEqual(dependants);
  return code;
}

const SORT_VALUE: Record<Listing['field'], (item: Item) => string> = {
  NAME: ({ facts }) => String(facts['name']).toLowerCase(),
  CREATED_AT: ({ createdAt }) => createdAt,
  UPDATED_AT: ({ updatedAt }) => updatedAt,
};

/** Of equals the id decides. */
function inOrder(field: Listing['field'], way: Listing['way']) {
  const key = (item: Item) => [SORT_VALUE[field](item), item.id].join('\u0000');
  return (one: Item, other: Item) => (key(one) < key(other) === (way === 'ASC') ? -1 : 1);
}

function expectedOf({ items, agents }: Roll): Record<Noun | 'agents', unknown[]> {
  const all = (noun: Noun) => items[noun].toSorted(inOrder('NAME', 'ASC')).map((item) => shown(COLLECTION[noun], item));
  return {
    node: all('node'),
    service: all('service'),
    agents: agents
      .toSorted((one, other) => (one.id < other.id ? -1 : 1))
      .map(({ id, nodeId }) => ({ id, runsOn: { id: nodeId } })),
  };
}
