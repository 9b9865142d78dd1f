/** Told once when the process is asked to stop. */
export interface StopSignal {
  /** Aborts what should not go on. */
  signal: AbortSignal;
  /** The name of the signal, when it comes. */
  received: Promise<NodeJS.Signals>;
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Takes SIGTERM, SIGINT and SIGHUP (a terminal that was closed). A second one ends the process at once, as if none were taken. */
export function stopSignal(): StopSignal {
  const stopping = new AbortController();
  const received = new Promise<NodeJS.Signals>((resolve) => {
    const take = (name: NodeJS.Signals) => {
      for (const signal of SIGNALS) process.removeListener(signal, take);
      stopping.abort();
      resolve(name);
    };
    for (const signal of SIGNALS) process.on(signal, take);
  });
  return { signal: stopping.signal, received };
}
