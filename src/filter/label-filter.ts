import { Field, InputType } from 'type-graphql';
import type { Parameters } from './parameters';

@InputType({ description: 'A condition on a label.' })
export class LabelFilter {
  @Field(() => String, { description: 'The name of the label.' })
  name: string;

  @Field(() => [String], { nullable: true, description: 'Its value is one of these. Without it: the label exists.' })
  in?: string[] | null;
}

/** Half of a surrogate pair is in no label, and PostgreSQL would not read it as JSON. */
const HALF_PAIR = /\p{Cs}/u;

/** The SQL conditions on a jsonb column of labels, written so that its GIN index serves them. */
export function labelConditions(
  column: string,
  filters: readonly LabelFilter[] | null | undefined,
  parameters: Parameters,
): string[] {
  return (filters ?? []).map(({ name, in: values }) => {
    if (values == null) return `${column} ? ${parameters.add(name)}`;
    const possible = values.filter((value) => !HALF_PAIR.test(name) && !HALF_PAIR.test(value));
    // One parameter for all of them: a statement has 65,535 at most, and the driver does not count.
    const labels = parameters.add(possible.map((value) => JSON.stringify({ [name]: value })));
    return `${column} @> ANY (${labels}::jsonb[])`;
  });
}
