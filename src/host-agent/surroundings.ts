import { setTimeout as delay } from 'node:timers/promises';

/** What the agent has around it: where its lines go and how time passes. */
export interface Surroundings {
  /** One line for stdout. */
  print: (line: string) => void;
  /** One line for stderr. */
  warn: (line: string) => void;
  /** The line for stderr with which the agent ends. */
  fail: (line: string) => void;
  /** Ends after so many milliseconds, or at once when the signal is given; never fails. */
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** For how long, in milliseconds, a registration is tried again. */
  registrationPatience: number;
}

/** A lost answer can be asked for again within ten minutes; half of that leaves time for a second run. */
const REGISTRATION_PATIENCE = 5 * 60_000;

const writeError = (line: string): void => void process.stderr.write(`${line}\n`);

/** The process' own streams and clock. */
export const processSurroundings: Surroundings = {
  print: (line) => void process.stdout.write(`${line}\n`),
  warn: writeError,
  fail: writeError,
  wait,
  registrationPatience: REGISTRATION_PATIENCE,
};

/** See Surroundings.wait. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  // The only way in which the timer fails is the signal, which is what the caller looks at next anyway.
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
