import type { Facts, Kind, Links, Noun, Watches } from './collection';
import { COLLECTION } from './collections';
import { conflict, type Item, type Refused, type Roll } from './roll';

/** Chooses nothing that is there. */
export const HIGHEST = 12;

/** The id of nothing. */
export const NO_ID = '01900000-0000-7000-8000-000000000000';

/** One of them; the highest number chooses none. */
export function chosen<Value>(items: readonly Value[], which: number): Value | undefined {
  return which === HIGHEST ? undefined : items[which % items.length];
}

/** What an addition is put beside, by numbers; what goes with it, mostly. */
export interface Choice {
  which: number;
  other: number;
  astray: boolean;
}

/** Where something is added: what is said of that, what it comes to, and how it is refused. */
export interface Place {
  given: Facts;
  links: Links;
  refused: Refused | null;
}

type PlaceCode = 'NOT_FOUND' | 'FAILED_PRECONDITION';

const refusedAt = (code: PlaceCode, kind: string, field: string): Refused => ({
  code,
  paths: [[`input.${kind}.${field}`]],
});

export function placeOf(roll: Roll, of: Noun, kind: string, choice: Choice): Place {
  if (of === 'node') return { given: {}, links: {}, refused: null };
  const { watches } = COLLECTION[of].kinds[kind] as Kind;
  if (watches) return placeOfWatcher(roll, kind, watches, choice);
  const node = chosen(roll.items.node, choice.which);
  const nodeId = node?.id ?? NO_ID;
  const given = { nodeId };
  const notFound = refusedAt('NOT_FOUND', kind, 'nodeId');
  if (of === 'service') return { given, links: { node: nodeId }, refused: node ? null : notFound };
  const isTaken = roll.items.agent.some(({ kind: its, links }) => its === kind && links['runsOn'] === nodeId);
  const links = { runsOn: nodeId, supervisor: null, observedNode: null, observedService: null };
  return { given, links, refused: !node ? notFound : isTaken ? conflict('input.hostAgent', ['nodeId']) : null };
}

function placeOfWatcher(roll: Roll, kind: string, watches: Watches, choice: Choice): Place {
  const { which, other, astray } = choice;
  const pick = (noun: Noun, wanted: string, number: number) => {
    const fitting = roll.items[noun].filter((item) => item.kind === wanted);
    return chosen(astray || fitting.length === 0 ? roll.items[noun] : fitting, number);
  };
  const supervisor = watches.supervised ? pick('agent', 'hostAgent', which) : undefined;
  const runsOn = roll.find('node', supervisor?.links['runsOn'] ?? '') ?? unsupervised(roll, watches, which);
  const service = watches.service === undefined ? undefined : pick('service', watches.service, other);
  const node = watches.node === undefined ? runsOn : pick('node', watches.node, other);
  return {
    given: {
      ...(watches.supervised ? { supervisorId: supervisor?.id ?? NO_ID } : { runsOnNodeId: runsOn?.id ?? NO_ID }),
      ...(watches.service !== undefined && { serviceId: service?.id ?? NO_ID }),
      ...(watches.node !== undefined && { nodeId: node?.id ?? NO_ID }),
    },
    links: {
      runsOn: runsOn?.id ?? null,
      supervisor: supervisor?.id ?? null,
      observedNode: watches.service === undefined ? (node?.id ?? null) : null,
      observedService: service?.id ?? null,
    },
    refused: refusedOf(kind, watches, { supervisor, node, service }),
  };
}

function unsupervised(roll: Roll, { supervised }: Watches, which: number): Item | undefined {
  return supervised ? undefined : chosen(roll.items.node, which);
}

/** The node is the one that it observes, or runs on. */
function refusedOf(
  kind: string,
  watches: Watches,
  { supervisor, node, service }: Partial<Record<'supervisor' | 'node' | 'service', Item | undefined>>,
): Refused | null {
  const refused = (code: PlaceCode, field: string) => refusedAt(code, kind, field);
  if (watches.supervised && !supervisor) return refused('NOT_FOUND', 'supervisorId');
  if (supervisor && supervisor.kind !== 'hostAgent') return refused('FAILED_PRECONDITION', 'supervisorId');
  const where = watches.supervised ? 'supervisorId' : 'runsOnNodeId';
  const observed = watches.node === undefined ? where : 'nodeId';
  if (!node) return refused('NOT_FOUND', observed);
  if (watches.nodes && !watches.nodes.includes(node.kind)) return refused('FAILED_PRECONDITION', observed);
  if (watches.service === undefined) return null;
  if (!service) return refused('NOT_FOUND', 'serviceId');
  return service.kind === watches.service ? null : refused('FAILED_PRECONDITION', 'serviceId');
}
