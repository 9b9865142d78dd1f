import { hostname } from 'node:os';
import { jsonLine } from '../json-text';
import { withoutCredentials } from '../safe-text';
import type { Surroundings } from './surroundings';

/** As pino numbers them. */
enum Level {
  INFO = 30,
  WARN = 40,
  ERROR = 50,
}

/** The same surroundings, in which every line is JSON on stdout as pino and Cybus' agents write it, fit for terminals and log collectors. */
export function inJsonLines(surroundings: Surroundings): Surroundings {
  const writer = (level: Level) => (msg: string) => {
    const line = { level, time: Date.now(), pid: process.pid, hostname: hostname(), msg, v: 1 };
    surroundings.print(withoutCredentials(jsonLine(line)));
  };
  return { ...surroundings, print: writer(Level.INFO), warn: writer(Level.WARN), fail: writer(Level.ERROR) };
}
