import type { Instruments } from './instruments';

const EVERY_MS = 100;

/** Measures how late the event loop comes to a timer, until stopped. */
export function watchEventLoop({ eventLoopLag }: Pick<Instruments, 'eventLoopLag'>): () => void {
  let due = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    eventLoopLag.observe(Math.max(now - due, 0) / 1000);
    due = now + EVERY_MS;
  }, EVERY_MS);
  return () => clearInterval(timer);
}
