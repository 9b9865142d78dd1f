import type { GraphQLFormattedError } from 'graphql';

/** Anything that looks like one of our credentials, whole or cut; also behind the "n" of a line feed that JSON has escaped. */
const CREDENTIAL = /rc[tuas]_[0-9A-Za-z]{4,12}(?:_[0-9A-Za-z]*)?/g;

/** The text with everything that looks like one of our credentials blanked. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIAL, '[credential]');
}

/** What graphql-js says with the offending value in it, and what is left of it without. */
const QUOTES: [RegExp, string][] = [
  [/^(.{1,200}? cannot represent [^:]{1,80}): [^]*$/, '$1.'],
  [/^(Expected value of type "[^"]{1,200}"), found [^;]*(?:; [^]*)?$/, '$1.'],
  [/^Value "[^]*?" does not exist in "(\w+)" enum\.[^]*$/, 'The value does not exist in the enum "$1".'],
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
    return badInput(formatted, `Variable "$${variable}" is invalid at ${path}.`, path);
  }
  const absent = MISSING_VARIABLE.exec(formatted.message)?.[1];
  if (absent) return badInput(formatted, `Variable "$${absent}" must have a value.`, absent);
  const argument = NULL_ARGUMENT.exec(formatted.message)?.[1];
  if (argument) return badInput(formatted, `Argument "${argument}" must have a value.`, argument);
  const message = QUOTES.reduce((text, [quote, rest]) => text.replace(quote, rest), formatted.message);
  return { ...formatted, message: withoutCredentials(message), extensions: codeOnly(formatted) };
}

function badInput(formatted: GraphQLFormattedError, message: string, path: string): GraphQLFormattedError {
  // The name of a variable is the client's, too.
  const fields = [
    { path: withoutCredentials(path), message: 'It is missing or not of the type that the schema gives it.' },
  ];
  return { ...formatted, message: withoutCredentials(message), extensions: { code: 'BAD_USER_INPUT', fields } };
}

function codeOnly({ extensions }: GraphQLFormattedError): Record<string, unknown> {
  return extensions?.['code'] === undefined ? {} : { code: extensions['code'] };
}
