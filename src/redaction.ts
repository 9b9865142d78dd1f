import type { GraphQLFormattedError } from 'graphql';
import { withoutCredentials } from './safe-text';
import { INSTANT_WANTED } from './scalars/date-time';
import { DURATION_WANTED } from './scalars/duration';
import { UUID_WANTED } from './scalars/uuid';

/** What graphql-js says with the offending value in it, and what is left of it without. */
const QUOTES: [RegExp, string][] = [
  [/^(.{1,200}? cannot represent [^:]{1,80}): [^]*$/, '$1.'],
  [/^(Expected value of type "[^"]{1,200}"), found [^]*$/, '$1.'],
  [/^Value "[^]*?" does not exist in "(\w+)" enum\.[^]*$/, 'The value does not exist in the enum "$1".'],
  [/^Unknown operation named "[^]*"\.$/, 'The document has no operation of the name that was asked for.'],
  [/\b(Name|String|BlockString|Int|Float|Comment) "[^]*"/, '$1'],
];

const VARIABLE_FAULT = /^Variable "\$(\w+)" (?:got invalid value|of (?:required|non-null) type) /;
const FAULT_PATH = / at "([\w.[\]]+)"; /g;
/** Ends the message where a field is missing; the name is the schema's. */
const MISSING_FIELD = /; Field "(\w+)" of required type "[^"]{1,200}" was not provided\.$/;
const MISSING_VARIABLE = /^Variable "\$(\w+)" of (?:required|non-null) type "[^"]{1,200}" (?:was not|must not)/;
const NULL_ARGUMENT = /^Argument "(\w+)" (?:of [^]{1,200} )?(?:has invalid value|must not be null)/;

/**
 * An error of the GraphQL library without what the client sent. graphql-js quotes the whole variable, a registration
 * token included, when one field of it is wrong; only the place of the fault is told.
 */
export function withoutInput(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const variable = VARIABLE_FAULT.exec(formatted.message)?.[1];
  if (variable) {
    const place = [...formatted.message.matchAll(FAULT_PATH)].at(-1)?.[1] ?? variable;
    const missing = MISSING_FIELD.exec(formatted.message)?.[1];
    const path = missing === undefined ? place : `${place}.${missing}`;
    const remedy = REMEDIES.find((sentence) => formatted.message.endsWith(sentence));
    return badInput(formatted, `Variable "$${variable}" is invalid at ${path}.`, path, remedy);
  }
  const absent = MISSING_VARIABLE.exec(formatted.message)?.[1];
  if (absent) return badInput(formatted, `Variable "$${absent}" must have a value.`, absent);
  const argument = NULL_ARGUMENT.exec(formatted.message)?.[1];
  if (argument) return badInput(formatted, `Argument "${argument}" must have a value.`, argument);
  const message = QUOTES.reduce((text, [quote, rest]) => text.replace(quote, rest), formatted.message);
  return { ...formatted, message: withoutCredentials(message), extensions: codeOnly(formatted) };
}

/** What our own scalars say is wanted: fixed sentences, which may be passed on. */
const REMEDIES = [DURATION_WANTED, INSTANT_WANTED, UUID_WANTED];

function badInput(
  formatted: GraphQLFormattedError,
  message: string,
  path: string,
  remedy = 'It is missing or not of the type that the schema gives it.',
): GraphQLFormattedError {
  // The name of a variable is the client's, too.
  const fields = [{ path: withoutCredentials(path), message: remedy }];
  return { ...formatted, message: withoutCredentials(message), extensions: { code: 'BAD_USER_INPUT', fields } };
}

function codeOnly({ extensions }: GraphQLFormattedError): Record<string, unknown> {
  return extensions?.['code'] === undefined ? {} : { code: extensions['code'] };
}
