import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { formatDuration, parseDuration } from '../duration';

/** A kind of value: what the file may hold, how environment and flags write it, how it is shown. */
export interface Kind<T> {
  schema: z.ZodType<T>;
  /** What may be given, in words that follow "must be". Faults say this and never what was given: it may be a secret. */
  range: string;
  /** What the file would have held; a text that is none of the kind is given back, for the schema to refuse. */
  fromText(text: string): unknown;
  show(value: T): string;
}

export function text(range: string, accepts: (text: string) => boolean): Kind<string> {
  return { schema: z.string().refine(accepts), range, fromText: asIs, show: asIs };
}

export function integer(least: number, most: number): Kind<number> {
  return {
    schema: z.int().min(least).max(most),
    range: `a whole number from ${least} to ${most}`,
    fromText: (given) => (/^\d{1,15}$/.test(given) ? Number(given) : given),
    show: String,
  };
}

export function boolean(): Kind<boolean> {
  return {
    schema: z.boolean(),
    range: 'true or false',
    fromText: (given) => (given === 'true' || given === 'false' ? given === 'true' : given),
    show: String,
  };
}

export function choice<const T extends string>(...values: [T, ...T[]]): Kind<T> {
  return { schema: z.enum(values), range: `one of ${values.join(', ')}`, fromText: asIs, show: asIs };
}

/** Seconds inside, `90s`, `15m`, `12h`, `30d` outside. */
export function duration(least: string, most: string): Kind<number> {
  const [min, max] = [parseDuration(least), parseDuration(most)];
  return {
    schema: z
      .string()
      .transform(parseDuration)
      .pipe(
        z
          .number()
          .min(min ?? 0)
          .max(max ?? 0),
      ),
    range: `a length of time from ${least} to ${most}, such as 90s, 15m, 12h or 30d`,
    fromText: asIs,
    show: formatDuration,
  };
}

/** Made absolute from the folder in which the program was started. */
export function filePath(): Kind<string> {
  return {
    schema: z.string().min(1).transform(absolute),
    range: 'a path',
    fromText: asIs,
    show: asIs,
  };
}

export function addresses(): Kind<string[]> {
  return {
    schema: z.array(z.string().refine(isAddressOrNetwork)),
    range: 'a list of IP addresses or networks such as 10.0.0.0/8 (in the environment separated by commas)',
    fromText: (given) => given.split(',').map((part) => part.trim()),
    show: (list) => (list.length === 0 ? 'none' : list.join(', ')),
  };
}

/** Exactly as browsers send them in the header Origin. */
export function origins(): Kind<string[]> {
  return {
    schema: z.array(z.string().refine((given) => URL.canParse(given) && isWebOrigin(new URL(given), given))),
    range:
      'a list of origins such as https://console.example or http://localhost:3000 (in the environment separated by commas)',
    fromText: (given) => given.split(',').map((part) => part.trim()),
    show: (list) => (list.length === 0 ? 'none' : list.join(', ')),
  };
}

export function postgresUrl(): Kind<string> {
  return {
    schema: z.string().refine((given) => parsePostgresUrl(given) !== null),
    range: 'a postgres:// or postgresql:// URL, with characters such as / ? # @ in a password percent-encoded',
    fromText: asIs,
    show: withoutPassword,
  };
}

export function absolute(path: string): string {
  return resolve(path);
}

function asIs<T>(given: T): T {
  return given;
}

function isAddressOrNetwork(given: string): boolean {
  const [address = '', prefix, ...rest] = given.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

function isWebOrigin({ protocol, origin }: URL, given: string): boolean {
  return /^https?:$/.test(protocol) && origin === given && !given.includes('*');
}

function parsePostgresUrl(given: string): URL | null {
  // pg takes a URL without a host, for a socket that the query names; the URL standard refuses it after a user.
  const address = given.replace('@/', '@socket/');
  if (!/^postgres(?:ql)?:\/\//.test(address) || !URL.canParse(address)) return null;
  const url = new URL(address);
  return hasSoundEscapes(url) ? url : null;
}

function hasSoundEscapes({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** The query goes too: `password` and `sslpassword` may stand there. */
function withoutPassword(given: string): string {
  const url = parsePostgresUrl(given);
  if (url === null) return 'hidden';
  const user = url.username === '' ? '' : `${url.username}${url.password === '' ? '' : ':***'}@`;
  return `${url.protocol}//${user}${url.host.replace(/^socket$/, '')}${url.pathname}${url.search === '' ? '' : '?***'}`;
}
