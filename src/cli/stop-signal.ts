/** Told once when the process is asked to stop. */
export interface StopSignal {
  /** Aborts what should not go on. */
  signal: AbortSignal;
  /** The name of the signal, when it comes. */
  received: Promise<NodeJS.Signals>;
}

/** Takes SIGTERM and SIGINT. A second one ends the process at once, as if none were taken. */
export function stopSignal(): StopSignal {
  const stopping = new AbortController();
  const received = new Promise<NodeJS.Signals>((resolve) => {
    const take = (name: NodeJS.Signals) => {
      process.removeListener('SIGTERM', take);
      process.removeListener('SIGINT', take);
      stopping.abort();
      resolve(name);
    };
    process.on('SIGTERM', take);
    process.on('SIGINT', take);
  });
  return { signal: stopping.signal, received };
}
