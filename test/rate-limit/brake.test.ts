import { createBrake } from '../../src/rate-limit/brake';

test('an answer waits for a second, and of many each leaves a moment after the one before', async () => {
  const brake = createBrake();
  const started = performance.now();
  const left: number[] = [];
  await Promise.all(Array.from({ length: 100 }, () => brake.hold().then(() => left.push(performance.now() - started))));
  expect(left[0]).toBeGreaterThan(990);
  // A hundred times 8 ms; timers may be late, and are never early by more than one.
  expect(left[99]! - left[0]!).toBeGreaterThan(700);
});

test('a thousand wait at most: one more does not, and again one waits when one has left', async () => {
  const brake = createBrake();
  const waiting = Array.from({ length: 1000 }, () => brake.hold());
  const started = performance.now();
  await brake.hold();
  expect(performance.now() - started).toBeLessThan(500);
  await waiting[0];
  const again = performance.now();
  await brake.hold();
  expect(performance.now() - again).toBeGreaterThan(500);
  await Promise.all(waiting);
});
