import type { FastifyInstance } from 'fastify';
import { InvalidInput } from '../errors';

/** An opening or closing brace, or a text; with the colon that makes it a name. */
const BRACE_OR_TEXT = /[{}]|("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?/g;

/**
 * Reads JSON bodies, and refuses those in which an object has a name twice: JSON.parse takes the last and drops the rest, while
 * a proxy or a log may have gone by the first.
 */
export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    void parse(request, text, (error, body) => {
      if (error || !repeatsName(text)) return done(error, body);
      done(new InvalidInput([{ path: 'body', message: 'Give each name once in an object.' }]));
    });
  });
}

/** Whether an object in this text, which must be JSON, has a name twice; however its letters are escaped. */
export function repeatsName(json: string): boolean {
  const open: Set<unknown>[] = [];
  for (const [found, text, colon] of json.matchAll(BRACE_OR_TEXT)) {
    if (found === '{') open.push(new Set());
    else if (found === '}') open.pop();
    else if (colon !== undefined) {
      const [names, name] = [open.at(-1)!, JSON.parse(text!) as string];
      if (names.has(name)) return true;
      names.add(name);
    }
  }
  return false;
}
