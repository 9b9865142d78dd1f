import { Field, InputType, ObjectType } from 'type-graphql';
import { holdsSecret } from '../access/credential';
import type { FieldFault } from '../errors';
import { HOLDS_SECRET } from '../text';

@ObjectType({ description: 'A name and a value that somebody gave to an object.' })
export class Label {
  @Field(() => String, { description: 'Letters, digits and underscores; no digit first, no double underscore first.' })
  name: string;

  @Field(() => String, { description: 'Free text.' })
  value: string;
}

@InputType({
  description: 'A label to set. Names that Prometheus discovery uses itself, such as node_name, are refused.',
})
export class LabelInput {
  @Field(() => String, { description: 'Letters, digits and underscores; no digit first, no double underscore first.' })
  name: string;

  @Field(() => String, { description: 'Free text, 1,000 characters at most.' })
  value: string;
}

/** How labels are stored: one jsonb object. */
export type LabelMap = Record<string, string>;

/** Of one object. */
export const MOST_LABELS = 64;
const LONGEST_NAME = 128;
const LONGEST_VALUE = 1000;
const NAME = /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/;

/** What Prometheus discovery sets from the inventory itself (inventory of PMM), and Prometheus' own. */
const RESERVED = new Set(
  `node_id node_name node_type machine_id container_id container_name node_model region az
   service_id service_name service_type environment cluster replication_set external_group
   agent_id agent_type instance job tags`.split(/\s+/),
);

/** Faults of the given labels, with their paths below `path`. */
export function labelFaults(labels: readonly LabelInput[], path: string): FieldFault[] {
  if (labels.length > MOST_LABELS) return [{ path, message: `Give ${MOST_LABELS} labels at most.` }];
  const names = new Set<string>();
  return labels.flatMap(({ name, value }, index) => {
    const repeated = names.has(name);
    names.add(name);
    const fault = repeated ? 'Give each label once.' : labelFault(name, value);
    return fault === null ? [] : [{ path: `${path}.${index}`, message: fault }];
  });
}

function labelFault(name: string, value: string): string | null {
  if (!NAME.test(name) || name.length > LONGEST_NAME)
    return `A label's name has letters, digits and underscores, no digit and no double underscore first, ${LONGEST_NAME} at most.`;
  if (RESERVED.has(name)) return 'This label name is taken: the inventory sets it itself.';
  if (holdsSecret(name) || holdsSecret(value)) return HOLDS_SECRET;
  if (Array.from(value).length > LONGEST_VALUE || !isStorable(value))
    return `A label's value is text of ${LONGEST_VALUE} characters at most.`;
  return null;
}

/** jsonb holds neither NUL nor half of a surrogate pair. */
function isStorable(value: string): boolean {
  return !value.includes('\u0000') && !/\p{Cs}/u.test(value);
}

/** Labels as they are stored. They must be free of faults. */
export function labelMap(labels: readonly LabelInput[]): LabelMap {
  return Object.fromEntries(labels.map(({ name, value }) => [name, value]));
}

/** Stored labels as they are shown, by name. */
export function labelsOf(map: LabelMap): Label[] {
  return Object.entries(map)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
}
