import { isatty } from 'node:tty';

/** Told once when the process is asked to stop. */
export interface StopSignal {
  /** Aborts what should not go on. */
  signal: AbortSignal;
  /** The name of the signal, when it comes. */
  received: Promise<NodeJS.Signals>;
}

/** Ctrl-C under `npm start` arrives twice, from the terminal and from npm: within this time it is one and the same. */
const REPEATED_WITHIN_MS = 1_000;

/**
 * Takes SIGTERM and SIGINT. A second one, after the first second, ends the process at once, as if none were taken. SIGHUP says
 * that a terminal was closed: without one nothing has happened, and nohup's wish is heeded, which Node itself forgets at its start.
 */
export function stopSignal(): StopSignal {
  const stopping = new AbortController();
  const received = new Promise<NodeJS.Signals>((resolve) => {
    let since: number | null = null;
    const take = (name: NodeJS.Signals) => {
      if (since === null) {
        since = performance.now();
        stopping.abort();
        resolve(name);
      } else if (performance.now() - since > REPEATED_WITHIN_MS) {
        process.removeListener(name, take);
        process.kill(process.pid, name);
      }
    };
    process.on('SIGTERM', take).on('SIGINT', take);
    process.on('SIGHUP', isatty(0) ? take : () => undefined);
  });
  return { signal: stopping.signal, received };
}

/** Makes null of a failure that comes of being told to stop. */
export function unlessStopped(signal: AbortSignal): (error: unknown) => null {
  return (error) => {
    if (signal.aborted) return null;
    throw error;
  };
}
