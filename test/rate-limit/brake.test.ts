import { createBrake } from '../../src/rate-limit/brake';

test('an answer waits for a second, and of many each leaves a moment after the one before', async () => {
  const brake = createBrake();
  const cut = jest.fn();
  const started = performance.now();
  const left: number[] = [];
  await Promise.all(
    Array.from({ length: 100 }, () => brake.hold(cut).then(() => left.push(performance.now() - started))),
  );
  expect(cut).not.toHaveBeenCalled();
  expect(left[0]).toBeGreaterThan(990);
  // A hundred times 4 ms; timers may be late, and are never early by more than one.
  expect(left[99]! - left[0]!).toBeGreaterThan(350);
});

test('a thousand wait at most: one more is cut at once, and again one waits when one has left', async () => {
  const brake = createBrake();
  const cut = jest.fn();
  const waiting = Array.from({ length: 1000 }, () => brake.hold(cut));
  expect(cut).not.toHaveBeenCalled();
  await brake.hold(cut);
  expect(cut).toHaveBeenCalledTimes(1);
  await waiting[0];
  void brake.hold(cut);
  expect(cut).toHaveBeenCalledTimes(1);
  await Promise.all(waiting);
});
