import { AgentStatus, AgentType } from '../agent/agent-type';
import { InvalidInput, type FieldFault } from '../errors';

/** Which targets are asked for. All that is given must hold; null: anything. */
export interface TargetFilter {
  types: AgentType[] | null;
  statuses: AgentStatus[] | null;
  environments: string[] | null;
  /** By name the values of which a target has one; null: any value. */
  labels: Map<string, Set<string> | null>;
}

/** The parameters of a query, as fastify has read them. */
export type QueryParameters = Record<string, string | string[]>;

/** The kinds of agents that Prometheus asks: none that enrol, and none that analyse queries. */
export const SCRAPED_TYPES = Object.values(AgentType).filter(
  (type) => type !== AgentType.HOST_AGENT && !/^(?:QAN|RTA)_/.test(type),
);

/** What an agent can be that a host agent starts, or nobody. */
const STATUSES = Object.values(AgentStatus).filter(
  (status) => status !== AgentStatus.ACTIVE && status !== AgentStatus.INACTIVE,
);

const PARAMETERS = ['type', 'status', 'environment', 'label'];
const LABEL = /^((?!__)[A-Za-z_][A-Za-z0-9_]*)(?:=(.+))?$/s;

/** What the parameters of a query ask for; each may be repeated. Throws InvalidInput with all faults, none of which repeats what was sent. */
export function targetFilter(parameters: QueryParameters): TargetFilter {
  const faults: FieldFault[] = [];
  const given = (name: string) => (name in parameters ? [parameters[name]!].flat() : null);
  const oneOf = <Value extends string>(name: string, possible: readonly Value[]) =>
    given(name)?.map((text) => {
      const value = possible.find((one) => one === text.toUpperCase());
      if (value === undefined) faults.push({ path: name, message: `Give one of ${possible.join(', ')}.` });
      return value!;
    }) ?? null;

  if (Object.keys(parameters).some((name) => !PARAMETERS.includes(name)))
    faults.push({ path: 'query', message: `The parameters are ${PARAMETERS.join(', ')}.` });
  const environments = given('environment');
  if (environments?.includes('')) faults.push({ path: 'environment', message: 'Give the name of an environment.' });
  const filter = {
    types: oneOf('type', SCRAPED_TYPES),
    statuses: oneOf('status', STATUSES),
    environments,
    labels: labelsOf(given('label') ?? [], faults),
  };
  if (faults.length > 0) throw new InvalidInput(faults);
  return filter;
}

/** Of a label that is given several times any value will do, and without a value all. */
function labelsOf(given: readonly string[], faults: FieldFault[]): TargetFilter['labels'] {
  const labels: TargetFilter['labels'] = new Map();
  for (const text of given) {
    const [, name, value] = LABEL.exec(text) ?? [];
    if (name === undefined) faults.push({ path: 'label', message: 'Give NAME, or NAME=VALUE.' });
    else if (value === undefined || labels.get(name) === null) labels.set(name, null);
    else labels.set(name, (labels.get(name) ?? new Set()).add(value));
  }
  return labels;
}
