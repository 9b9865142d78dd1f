import { GraphQLError, Kind, parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import { createHash } from 'node:crypto';
import type { Config } from '../config';
import { InvalidInput } from '../errors';
import { enrolsAlone } from './enrols-alone';
import { LONGEST_NAME, MOST_NESTING, MOST_REPETITIONS } from './fixed-bounds';
import { LimitExceeded } from './limit-exceeded';
import { measureDocument, type Measure } from './measure';
import { mutationsOnce } from './once';
import { scanDocument } from './scan';

/** What is known of a document that was measured. */
export interface CheckedDocument {
  enrolsAlone: boolean;
}

/** Throws LimitExceeded or InvalidInput. What is no GraphQL passes as null: it is refused where it is parsed. */
export type DocumentCheck = (text: string) => CheckedDocument | null;

/** How many documents are known to be within the bounds, by their digests: those of agents come again and again. */
const MOST_KNOWN = 1000;

/** Refuses documents beyond the bounds by their text alone, in time that grows no faster than their length. */
export function documentCheck(schema: GraphQLSchema, limits: Config['limits']): DocumentCheck {
  const once = mutationsOnce(schema);
  // In the order of their use, the one that was not used for longest first.
  const known = new Map<string, CheckedDocument>();
  return (text) => {
    // UTF-16, as it is parsed: in UTF-8 texts with different halves of characters would be one.
    const digest = createHash('sha256').update(text, 'utf16le').digest('base64');
    const document = known.get(digest) ?? check(text);
    if (!document) return null;
    known.delete(digest);
    known.set(digest, document);
    if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!);
    return document;
  };

  function check(text: string): CheckedDocument | null {
    const ends = { tokens: limits.tokens, nesting: MOST_NESTING, name: LONGEST_NAME };
    const { tokens, nesting, name } = scanDocument(text, ends);
    refuseTokens(tokens, limits.tokens);
    refuseNesting(nesting);
    refuse('names', LONGEST_NAME, name, 'or more characters in a name');
    const document = parsed(text);
    if (!document) return null;
    refuseDefinitions(document, schema);
    const most = { selections: limits.tokens, nesting: MOST_NESTING };
    refuseMeasure(measureDocument(document, { most, counted: once }), limits);
    return { enrolsAlone: enrolsAlone(document) };
  }
}

/** Null: the text is no GraphQL. */
function parsed(text: string): DocumentNode | null {
  try {
    return parse(text, { noLocation: true });
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

/** Names that begin with two underscores are GraphQL's own. The executor fails where the schema has no operations of a kind. */
function refuseDefinitions({ definitions }: DocumentNode, schema: GraphQLSchema): void {
  for (const definition of definitions) {
    if ('name' in definition && definition.name?.value.startsWith('__'))
      throw fault('The name of an operation or a fragment must not begin with two underscores.');
    if (definition.kind === Kind.OPERATION_DEFINITION && !schema.getRootType(definition.operation))
      throw fault(`The schema has no ${definition.operation}.`);
  }
}

function fault(message: string): InvalidInput {
  return new InvalidInput([{ path: 'query', message }]);
}

function refuseMeasure(measure: Measure, limits: Config['limits']): void {
  const { selections, nesting, depth, repetitions, aliases, directives, fields } = measure;
  refuseTokens(selections, limits.tokens);
  refuseNesting(nesting);
  refuse('limits.depth', limits.depth, depth, 'levels of fields');
  refuse('limits.aliases', limits.aliases, aliases, 'aliases');
  refuse('limits.directives', limits.directives, directives, 'directives');
  refuse('repetitions', MOST_REPETITIONS, repetitions, 'pairs of fields of one name in one place');
  for (const [name, times] of fields) refuse(name, 1, times, `fields ${name}`);
}

function refuseTokens(measure: number, bound: number): void {
  refuse('limits.tokens', bound, measure, 'or more tokens, fragments written out');
}

function refuseNesting(measure: number): void {
  refuse('nesting', MOST_NESTING, measure, 'or more levels of braces, brackets and parentheses');
}

function refuse(limit: string, bound: number, measure: number, what: string): void {
  if (measure > bound)
    throw new LimitExceeded(
      { limit, bound, measure },
      `The document has ${measure} ${what}; ${limit} allows ${bound}.`,
    );
}
