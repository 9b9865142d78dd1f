import { Int } from 'type-graphql';
import { formatDuration } from '../duration';
import type { FieldFault } from '../errors';
import { Duration } from '../scalars/duration';
import { linesFaults, textFaults } from '../text';

/** Something that agents of some kinds can be told. */
export interface SettingRule {
  /** As decorators of fields take it. */
  type: () => object;
  /** Where a list of objects is given by inputs of another type. */
  inputType?: () => object;
  description: string;
  /** What counts when nothing is said; without it that is null. */
  fallback?: unknown;
  /** Null and nothing empty it. */
  isList?: boolean;
  /** Kept encrypted, and in no answer: there is only whether it is set. */
  isSecret?: boolean;
  /** Decides how well a stored secret is kept on its way: changing it clears the agent's secrets. */
  guardsSecrets?: boolean;
  /** Kept in a column of its own, and a field of all agents. */
  hasColumn?: boolean;
  /** How changes tell a value, where that is not how it is kept. */
  written?: (value: never) => string;
  /** What is wrong with a value that is given. */
  faults: (value: never, path: string) => FieldFault[];
}

const LONGEST_TEXT = 256;
const LONGEST_CERTIFICATE = 16_384;
const LONGEST_LIST = 64;
const NO_FAULTS = (): FieldFault[] => [];

export function text(description: string, longest = LONGEST_TEXT): SettingRule {
  return { type: () => String, description, faults: (value: string, path) => textFaults(value, path, longest) };
}

/** Of at least so much. */
export function number(description: string, least = -Infinity): SettingRule {
  return {
    type: () => Int,
    description,
    faults: (value: number, path) => (value < least ? [{ path, message: `Give ${least} at least.` }] : []),
  };
}

export function flag(description: string): SettingRule {
  return { type: () => Boolean, description, fallback: false, faults: NO_FAULTS };
}

export function choice(type: object, description: string): SettingRule {
  return { type: () => type, description, faults: NO_FAULTS };
}

/** Of at least so many seconds. */
export function duration(description: string, least = 0): SettingRule {
  return {
    type: () => Duration,
    description,
    written: formatDuration,
    faults: (value: number, path) => (value < least ? [{ path, message: `Give ${least}s at least.` }] : []),
  };
}

export function texts(description: string): SettingRule {
  return {
    type: () => [String],
    description: `${description} ${LONGEST_LIST} at most.`,
    fallback: [],
    isList: true,
    faults: (values: string[], path) =>
      tooMany(values, path) ?? values.flatMap((value, index) => textFaults(value, `${path}.${index}`, LONGEST_TEXT)),
  };
}

/** The faults of a list that is too long; null when it is not. */
export function tooMany(values: readonly unknown[], path: string): FieldFault[] | null {
  return values.length > LONGEST_LIST ? [{ path, message: `Give ${LONGEST_LIST} at most.` }] : null;
}

/** In PEM, for all to read. Whoever puts the private key beside it would show it to them. */
export function certificate(description: string): SettingRule {
  return {
    type: () => String,
    description: `${description} In PEM, ${LONGEST_CERTIFICATE} characters at most.`,
    faults: (value: string, path) =>
      value.includes('PRIVATE KEY-----')
        ? [{ path, message: 'This holds a private key, which all who may read it would see: give that as tlsKey.' }]
        : linesFaults(value, path, LONGEST_CERTIFICATE),
  };
}

/** Of at most so many characters, none of which a line, or its like, may not have. */
export function secret(description: string, longest: number, forbidden = /\p{Cc}/u): SettingRule {
  return {
    type: () => String,
    description: `${description} ${longest} characters at most.`,
    isSecret: true,
    faults: (value: string, path) =>
      value.length >= 1 && value.length <= longest && !/\p{Cs}/u.test(value) && !forbidden.test(value)
        ? []
        : [{ path, message: `Give 1 to ${longest} characters, without control characters.` }],
  };
}
