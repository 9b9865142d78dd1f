import { pagedList, walk } from '../../connection/lists';
import { refusal } from '../../node/node-requests';
import { dataOf, type Answer } from '../../support/client';
import { issueToken, tryToRegister } from '../../support/enrol';
import type { TestServer } from '../../support/server';
import { changeOf, secretsOf, settingsKindOf } from './change';
import type { Noun } from './collection';
import { COLLECTION, COLLECTIONS } from './collections';
import { chosen, NO_ID, placeOf } from './place';
import { ADD, everything, REMOVE, shown, UPDATE, written } from './requests';
import { stored, type Item, type Refused, type Roll } from './roll';
import type { Listing, Step } from './steps';

type Players = { [Kind in Step['do']]: (server: TestServer, roll: Roll, step: Step & { do: Kind }) => Promise<string> };

/**
 * Makes the call, and expects of the server what the model says: its answer, and then, unless it only asks, everything that is on the roll. Gives what it
 * came to.
 */
export async function play(server: TestServer, roll: Roll, step: Step): Promise<string> {
  const player = PLAYERS[step.do] as (...all: [TestServer, Roll, Step]) => Promise<string>;
  const outcome = await player(server, roll, step);
  if (step.do !== 'list') expect(await everything(server.viewer)).toEqual(expectedOf(roll));
  return `${step.do}${'of' in step ? ` ${step.of}` : ''}: ${outcome}`;
}

const PLAYERS: Players = {
  async add({ editor }, roll, { of, kind, given, ...choice }) {
    const collection = COLLECTION[of];
    const place = placeOf(roll, of, kind, choice);
    const refused = roll.refusesAddition(collection, kind, given, place.refused);
    const answer = await editor(ADD[of], { input: { [kind]: { ...given, ...place.given } } });
    if (refused) return expectRefusal(answer, refused);
    const added = dataOf(answer).done.item;
    const { id, createdAt, updatedAt } = added;
    const item: Item = { id, kind, createdAt, updatedAt, facts: stored(collection, kind, given), links: place.links };
    expect(added).toEqual(shown(collection, item));
    roll.items[of].push(kind === 'hostAgent' ? { ...item, generation: 1 } : item);
    roll.tell([item]);
    return 'done';
  },

  async update(server, roll, { of, which, kind, given, expected, dryRun, as }) {
    const collection = COLLECTION[of];
    const item = chosen(roll.items[of], which);
    const id = item?.id ?? NO_ID;
    const expectedUpdatedAt = { nothing: undefined, this: item?.updatedAt, another: '2020-01-01T00:00:00.000Z' }[
      expected
    ];
    const settingsKind = settingsKindOf(collection, item, kind, given);
    const refused = roll.refusesUpdate(collection, { id, given, settingsKind, expectedUpdatedAt });
    const answer = await server[as](UPDATE[of], {
      input: { id, ...written(collection, settingsKind, given), expectedUpdatedAt, dryRun },
    });
    if (refused) return expectRefusal(answer, refused);
    const { item: updated, changes } = dataOf(answer).done;
    const { facts, fields, cleared, touched } = changeOf(roll, collection, item!, given, as);
    const moves = fields.length > 0;
    expect(changes.map(({ field }: { field: string }) => field).toSorted()).toEqual(fields.toSorted());
    expect(updated).toEqual(shown(collection, { ...item!, facts, ...(moves && { updatedAt: updated.updatedAt }) }));
    expect(Date.parse(updated.updatedAt) > Date.parse(item!.updatedAt)).toBe(moves);
    if (dryRun) return cleared.length > 0 ? 'tried to clear secrets' : 'tried';
    Object.assign(item!, { facts, updatedAt: updated.updatedAt });
    roll.tell(touched);
    await clear(server, cleared);
    return cleared.length > 0 ? 'cleared secrets' : moves ? 'done' : 'nothing new';
  },

  async remove({ editor }, roll, { of, which, force, dryRun }) {
    const id = chosen(roll.items[of], which)?.id ?? NO_ID;
    const refused = roll.refusesRemoval(of, id, force);
    const { service, agent } = roll.dependants(of, id);
    const keys = [...agent, roll.find(of, id)].filter((item) => item?.hasKey);
    const answer = await editor(REMOVE[of], { input: { id, force, dryRun } });
    if (refused) return expectRefusal(answer, refused);
    expect(dataOf(answer).done).toEqual({
      [`${of}Id`]: id,
      removedAgents: agent.length,
      ...(of === 'node' && { removedServices: service.length }),
      ...(of !== 'service' && { revokedApiKeys: keys.length }),
    });
    if (!dryRun) roll.remove(of, id);
    return dryRun ? 'tried' : 'done';
  },

  async enrol({ admin, anonymous, viewer }, roll, { name }) {
    const facts = stored(COLLECTION.node, 'generic', { name, address: '127.0.0.1' });
    const refused = roll.refusesAddition(COLLECTION.node, 'generic', facts);
    const { secret } = await issueToken(admin);
    const answer = await tryToRegister(anonymous, secret, { node: { name } });
    if (refused) return expectRefusal(answer, { ...refused, paths: [[]] });
    const { agentId, nodeId } = dataOf(answer).registerAgent;
    const { node, agent } = await everything(viewer);
    const timesOf = (list: typeof node, id: string) => {
      const { createdAt, updatedAt } = list.find((each) => each.id === id)!;
      return { id, createdAt, updatedAt };
    };
    roll.items.node.push({ ...timesOf(node, nodeId), kind: 'generic', facts, links: {} });
    roll.items.agent.push({
      ...timesOf(agent, agentId),
      kind: 'hostAgent',
      facts: stored(COLLECTION.agent, 'hostAgent', {}),
      links: { runsOn: nodeId, supervisor: null, observedNode: null, observedService: null },
      generation: 1,
      hasKey: true,
    });
    return 'done';
  },

  async list({ viewer }, roll, { of, which, filter, field, way, direction, size, nested }) {
    const { kinds, filters, order } = COLLECTION[of];
    const [argument, holds, about] = filters[filter % filters.length]!;
    const id = about && (chosen(roll.items[about], which)?.id ?? NO_ID);
    const within = nestOf(roll, of, which, nested);
    const orderBy = `orderBy: { field: ${field === 'OWN' ? order[0] : field}, direction: ${way} }`;
    const list = pagedList(within?.list ?? `${of}s`, `${argument.replace('ID', id ?? '')} ${orderBy}`, within?.around);
    const expected = roll.items[of]
      .filter(({ links }) => !within || links[within.link] === within.id)
      .filter(({ kind, facts, links }) => holds(kinds[kind]!.type, facts, links, id))
      .toSorted(inOrder(of, field, way));
    expect(await walk(viewer, list, direction, size)).toEqual(expected.map((item) => item.id));
    return within ? 'nested' : 'whole';
  },
};

/** The agents have no secrets any more, as of a time that only the server knows. */
async function clear({ viewer }: TestServer, agents: Item[]): Promise<void> {
  const { agent: now } = agents.length > 0 ? await everything(viewer) : { agent: [] };
  for (const item of agents) {
    const { updatedAt } = now.find(({ id }) => id === item.id)!;
    expect(Date.parse(updatedAt)).toBeGreaterThan(Date.parse(item.updatedAt));
    item.updatedAt = updatedAt;
    for (const field of secretsOf(COLLECTION.agent, item)) item.facts[field] = false;
  }
}

/** The list within one of the things that have such a list; undefined, as every other time: the whole list. */
function nestOf(roll: Roll, of: Noun, which: number, number: number) {
  const { nested, links } = COLLECTION[of];
  const [list, link] = nested[number % (2 * nested.length)] ?? [];
  if (list === undefined || link === undefined) return undefined;
  const noun = links[link]!;
  const { id } = chosen(noun === 'agent' ? roll.items.agent.filter(isHost) : roll.items[noun], which) ?? {};
  if (id === undefined) return undefined;
  const around =
    noun === 'agent' ? `agent(id: "${id}") { ... on HostAgent { * } }` : `${noun}(by: { id: "${id}" }) { * }`;
  return { list, link, id, around };
}

const isHost = ({ kind }: Item) => kind === 'hostAgent';

function expectRefusal(answer: Answer, { code, paths, dependants }: Refused): string {
  const { code: actual, paths: named } = refusal(answer);
  expect({ actual, path: paths.map(String) }).toEqual({
    actual: code,
    path: expect.arrayContaining([String([...new Set(named)].toSorted())]),
  });
  expect(answer.errors[0]!.extensions['dependants']).toEqual(dependants);
  return code;
}

/** Of equals the id decides. */
function inOrder(of: Noun, field: Listing['field'], way: Listing['way']) {
  const { kinds, order } = COLLECTION[of];
  const own = ({ kind, facts }: Item) => order[1](kinds[kind]!.type, facts);
  const value = { OWN: own, CREATED_AT: (item: Item) => item.createdAt, UPDATED_AT: (item: Item) => item.updatedAt }[
    field
  ];
  const key = (item: Item) => [value(item), item.id].join('\u0000');
  return (one: Item, other: Item) => (key(one) < key(other) === (way === 'ASC') ? -1 : 1);
}

function expectedOf({ items }: Roll): Record<Noun, unknown[]> {
  const all = (noun: Noun) =>
    items[noun].toSorted(inOrder(noun, 'OWN', 'ASC')).map((item) => ({
      ...shown(COLLECTION[noun], item),
      ...(item.generation !== undefined && { generation: item.generation }),
    }));
  return Object.fromEntries(COLLECTIONS.map(({ noun }) => [noun, all(noun)])) as Record<Noun, unknown[]>;
}
