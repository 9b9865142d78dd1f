import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import { withoutCredentials } from './safe-text';

/**
 * The log: one JSON line an event on stdout (1) or stderr (2), prettier on a terminal. Nothing that bears a secret is given to it; what looks
 * like a credential all the same is blanked on its way out.
 */
export function createLog(level: string, fd: 1 | 2 = 1): Logger {
  const options = { level, base: { pid: process.pid }, serializers: { err: told } };
  const { isTTY } = fd === 1 ? process.stdout : process.stderr;
  const out = isTTY ? pretty({ sync: true, ignore: 'pid', destination: fd }) : pino.destination({ fd, sync: true });
  return pino(options, { write: (line: string) => void out.write(withoutCredentials(line)) });
}

/** What is told of an error. Those of the database carry the parameters of the statement and whole rows: these are left out. */
function told(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, constraint } = error as { code?: string; constraint?: string };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(code !== undefined && { code }),
    ...(constraint !== undefined && { constraint }),
  };
}
