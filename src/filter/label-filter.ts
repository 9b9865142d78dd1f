import { Field, InputType } from 'type-graphql';
import type { Parameters } from './parameters';

@InputType({ description: 'A condition on a label.' })
export class LabelFilter {
  @Field(() => String, { description: 'The name of the label.' })
  name: string;

  @Field(() => [String], { nullable: true, description: 'Its value is one of these. Without it: the label exists.' })
  in?: string[] | null;
}

/** The SQL conditions on a jsonb column of labels, written so that its GIN index (jsonb_path_ops) serves the ones with values. */
export function labelConditions(
  column: string,
  filters: readonly LabelFilter[] | null | undefined,
  parameters: Parameters,
): string[] {
  return (filters ?? []).map(({ name, in: values }) => {
    if (values == null) return `${column} ? ${parameters.add(name)}`;
    if (values.length === 0) return 'false';
    const anyOf = values.map((value) => `${column} @> ${parameters.add(JSON.stringify({ [name]: value }))}::jsonb`);
    return `(${anyOf.join(' OR ')})`;
  });
}
