import { lexicographicSortSchema, printSchema } from 'graphql';
import { settingsReference } from './config';
import { createSchema } from './schema';

/** The committed files that are made from the code, by their path in the project. A test fails when one is stale. */
export function generatedFiles(): Record<string, string> {
  return {
    'schema/schema.graphql': `${printSchema(lexicographicSortSchema(createSchema()))}\n`,
    'docs/settings.md': settingsReference(),
  };
}
