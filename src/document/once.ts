import type { GraphQLSchema } from 'graphql';
import { Extensions } from 'type-graphql';

const ONCE = 'onceADocument';

/**
 * Lets a mutation stand once in a document: aliases would make many attempts of one request, or many keys.
 * `@OnceADocument() @Mutation(…)`.
 */
export function OnceADocument(): MethodDecorator {
  return Extensions({ [ONCE]: true });
}

/** The names of the mutations that may stand once in a document. */
export function mutationsOnce(schema: GraphQLSchema): Set<string> {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
  return new Set(mutations.filter(({ extensions }) => extensions[ONCE]).map(({ name }) => name));
}
