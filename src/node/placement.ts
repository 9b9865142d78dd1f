import type { FieldFault } from '../errors';
import { labelFaults, type LabelInput } from '../label/label';
import { textFaults } from '../text';

/** Where a node stands and what somebody gave to it: what agent and token may both say. */
export interface Placement {
  region?: string | null;
  environment?: string | null;
  tags?: string[] | null;
  labels?: LabelInput[] | null;
}

const LONGEST_PLACE = 128;
const LONGEST_TAG = 128;

/** Of one node. */
export const MOST_TAGS = 64;

/** What is wrong with a placement, with paths below `path`. */
export function placementFaults(placement: Placement, path: string): FieldFault[] {
  const { region, environment, tags, labels } = placement;
  return [
    ...textFaults(region, `${path}.region`, LONGEST_PLACE),
    ...textFaults(environment, `${path}.environment`, LONGEST_PLACE),
    ...tagFaults(tags ?? [], `${path}.tags`),
    ...labelFaults(labels ?? [], `${path}.labels`),
  ];
}

function tagFaults(tags: readonly string[], path: string): FieldFault[] {
  if (tags.length > MOST_TAGS) return [{ path, message: `Give ${MOST_TAGS} tags at most.` }];
  return tags.flatMap((tag, index) => textFaults(tag, `${path}.${index}`, LONGEST_TAG));
}
