import type { FastifyInstance } from 'fastify';
import { MOST_NESTING } from '../document/fixed-bounds';
import { InvalidInput } from '../errors';

/** An object or list that is open where the text is being read. */
interface Open {
  /** Of an object, its keys so far; null: a list. */
  keys: Set<string> | null;
  /** The key that it is the value of. */
  key: string | undefined;
}

/** Reads the bodies of all routes as JSON that everybody understands alike. To be called before the routes are made. */
export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    try {
      checkJson(text, 'body');
    } catch (error) {
      return done(error as Error);
    }
    return parse(request, text, done);
  });
}

/**
 * Throws InvalidInput, told at `path`, when objects and lists stand too deep in each other, when an object has a key twice (of
 * which one reader takes the first and another the last), or a key that would change prototypes. One pass without recursion; text
 * that is no JSON is left to the parser.
 */
export function checkJson(text: string, path: string): void {
  const open: Open[] = [];
  let key: string | undefined;
  let keyComes = false;
  for (let at = 0; at < text.length; at++)
    switch (text[at]) {
      case '{':
      case '[':
        keyComes = text[at] === '{';
        open.push({ keys: keyComes ? new Set() : null, key });
        key = undefined;
        if (open.length > MOST_NESTING) throw fault(path, `Nest objects and lists ${MOST_NESTING} deep at most.`);
        break;
      case '}':
      case ']':
        open.pop();
        keyComes = false;
        break;
      case ',':
        keyComes = open.at(-1)?.keys != null;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (keyComes) {
          key = unescaped(text.slice(at, end));
          if (key === undefined) return;
          takeKey(key, open.at(-1)!, path);
        }
        keyComes = false;
        at = end - 1;
      }
    }
}

/** Adds a key to an object, or throws. */
function takeKey(key: string, { keys, key: outer }: Open, path: string): void {
  if (keys?.has(key)) throw fault(path, 'Give each key of an object once.');
  keys?.add(key);
  if (key === '__proto__' || (key === 'prototype' && outer === 'constructor'))
    throw fault(path, 'A key has a name that JavaScript keeps for itself: __proto__ or constructor.prototype.');
}

/** The place behind the quote that ends the string. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Undefined: the string is not well-formed. */
function unescaped(string: string): string | undefined {
  if (!string.includes('\\')) return string.slice(1, -1);
  try {
    return JSON.parse(string) as string;
  } catch {
    return undefined;
  }
}

function fault(path: string, message: string): InvalidInput {
  return new InvalidInput([{ path, message }]);
}
