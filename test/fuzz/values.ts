import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLInputType,
} from 'graphql';
import type { Random } from './random';

/** Texts that no error may repeat: one that looks like nothing in particular, and is no name in GraphQL, and a whole credential. */
export const CANARY = 'kanarien-vogel';
export const CREDENTIAL = `rct_${'Kanari'.repeat(2)}_${'Vogel'.repeat(9).slice(0, 43)}abcdef`;

/** Things of the server under test that exist, so that more than refusals is reached. */
export interface Known {
  ids: string[];
  names: string[];
  tokens: string[];
}

/** A value of a type, or, now and then, of none that is wanted. */
export function valueOf(random: Random, type: GraphQLInputType, known: Known, level = 0): unknown {
  if (random.chance(0.01)) return hostileValue(random);
  if (isNonNullType(type)) return valueOf(random, type.ofType, known, level);
  if (random.chance(0.03)) return null;
  if (isListType(type)) return random.some(level > 4 ? 1 : 3, () => valueOf(random, type.ofType, known, level + 1));
  if (isEnumType(type)) return random.pick(type.getValues()).name;
  if (!isInputObjectType(type)) return scalarOf(random, type.name, known);
  const fields = Object.values(type.getFields());
  const wanted = type.isOneOf
    ? [random.pick(fields)]
    : fields.filter((field) => isRequiredInputField(field) || random.chance(level > 4 ? 0.05 : 0.3));
  return Object.fromEntries(wanted.map(({ name, type: inner }) => [name, valueOf(random, inner, known, level + 1)]));
}

function scalarOf(random: Random, name: string, known: Known): unknown {
  if (name === 'Int') return random.pick([1, 2, 2, 50, 50, 200, 200, 0, 201, -1, 65_536, 2 ** 31 - 1, 2 ** 31, 1.5]);
  if (name === 'Boolean') return random.chance(0.5);
  if (name === 'Duration') return random.pick(['1s', '1h', '2h', '90d', '0s', '999999999d', '1h30m', CANARY]);
  if (name === 'DateTime')
    return random.pick(['2026-11-20T10:00:00Z', '0000-01-01T00:00:00Z', '+275760-09-13T00:00:00Z', CANARY]);
  if (name === 'UUID' || name === 'ID') return random.pick([...known.ids, CANARY, hostileText(random)]);
  return random.pick([...known.names, ...known.tokens, CANARY, CREDENTIAL, hostileText(random)]);
}

/** Text that has gone wrong somewhere, some day. */
export function hostileText(random: Random): string {
  return random.pick([
    '',
    ' ',
    'a\u0000b',
    '\u0000',
    '\ud800',
    '\u202e\u2066',
    'ﷺ'.repeat(random.integer(1, 300)),
    `%_\\'";--${CANARY}`,
    '{{constructor.prototype}}',
    '__proto__',
    '-1e999',
    'x'.repeat(random.integer(1, 5000)),
    `*${CANARY}*\n`,
    '1'.repeat(random.integer(1, 400)),
  ]);
}

/** A value of JSON of any kind, deep and long at times. */
export function hostileValue(random: Random, level = 0): unknown {
  const leaf = () =>
    random.pick<unknown>([null, true, 0, -0, 1e308, 2 ** 53, 1.5, '', CANARY, CREDENTIAL, hostileText(random)]);
  if (level > 4 || random.chance(0.5)) return leaf();
  if (random.chance(0.1)) return nested(random.integer(1, 90), leaf());
  if (random.chance(0.5)) return random.some(5, () => hostileValue(random, level + 1));
  return Object.fromEntries(random.some(5, (index) => [hostileKey(random, index), hostileValue(random, level + 1)]));
}

function hostileKey(random: Random, index: number): string {
  return random.pick([`a${index}`, 'constructor', 'toString', 'prototype', 'not', CANARY, CREDENTIAL, '', 'then']);
}

function nested(levels: number, leaf: unknown): unknown {
  let value = leaf;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { not: value };
  return value;
}
