import { Unavailable } from '../src/errors';
import { createLine, LONGEST_WAIT_MS } from '../src/line';

test('so many are done at once, the others in their order, whatever becomes of each', async () => {
  const line = createLine(2);
  const order: number[] = [];
  let ended = 0;
  const all = Array.from({ length: 6 }, (_, index) =>
    line(async () => {
      order.push(index);
      expect(order.length - ended).toBeLessThanOrEqual(2);
      await Promise.resolve();
      ended++;
      if (index % 2 === 0) throw new Error(`${index}`);
    }),
  );
  const outcomes = await Promise.allSettled(all);
  expect(outcomes.map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
});

test('who has waited for long is told UNAVAILABLE, is not done, and leaves the line to the others', async () => {
  const line = createLine(1);
  let end: () => void;
  const first = new Promise<void>((resolve) => (end = resolve));
  const running = line(() => first);
  const done: string[] = [];
  const began = performance.now();
  await expect(line(async () => done.push('late'))).rejects.toThrow(Unavailable);
  expect(performance.now() - began).toBeGreaterThan(LONGEST_WAIT_MS - 10);
  const next = line(async () => done.push('next'));
  end!();
  await Promise.all([running, next]);
  expect(done).toEqual(['next']);
});
