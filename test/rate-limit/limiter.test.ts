import { createLimiter } from '../../src/rate-limit/limiter';

/** A clock that stands until it is set. */
function clock() {
  let now = 5_000;
  return { now: () => now, pass: (milliseconds: number) => void (now += milliseconds) };
}

/** How many of so many attempts are taken. */
function taken(limiter: ReturnType<typeof createLimiter>, attempts: number, key = 'key'): number {
  return Array.from({ length: attempts }, () => limiter.take(key)).filter((wait) => wait === 0).length;
}

describe.each([1, 7, 60, 600, 1200, 30_000, 1_000_000])('a budget of %i a minute', (perMinute) => {
  test('is taken whole at once, and the one beyond is told when to come', () => {
    const { now } = clock();
    const limiter = createLimiter(perMinute, { now });
    expect(taken(limiter, perMinute)).toBe(perMinute);
    const wait = limiter.take('key');
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeCloseTo(60_000 / perMinute, 2);
  });

  test('has one more after the time that was told, and not before', () => {
    const { now, pass } = clock();
    const limiter = createLimiter(perMinute, { now });
    taken(limiter, perMinute);
    const wait = limiter.take('key');
    pass(wait * 0.9);
    expect(taken(limiter, 1)).toBe(0);
    pass(wait * 0.1 + 0.001);
    expect(taken(limiter, 2)).toBe(1);
  });

  test('is whole again after a minute, and not more than whole after an hour', () => {
    const { now, pass } = clock();
    const limiter = createLimiter(perMinute, { now });
    for (const minutes of [1, 60]) {
      taken(limiter, perMinute);
      pass(minutes * 60_000);
      expect(taken(limiter, perMinute + 1)).toBe(perMinute);
      pass(60_000);
    }
  });
});

test('what is refused costs nothing: whoever goes on and on gets what others get', () => {
  const { now, pass } = clock();
  const limiter = createLimiter(60, { now });
  taken(limiter, 60);
  let got = 0;
  for (let second = 0; second < 100; second++) {
    got += taken(limiter, 1000);
    pass(1000);
  }
  expect(got).toBe(99);
});

test('keys have budgets of their own', () => {
  const { now } = clock();
  const limiter = createLimiter(3, { now });
  expect(taken(limiter, 4, 'one')).toBe(3);
  expect(taken(limiter, 4, 'another')).toBe(3);
});

test('a key that somebody else refused is refused for as long, and then has one', () => {
  const { now, pass } = clock();
  const limiter = createLimiter(60, { now });
  limiter.refuse('key', 700);
  expect(limiter.take('key')).toBeCloseTo(700);
  expect(limiter.take('another')).toBe(0);
  pass(701);
  expect(taken(limiter, 2)).toBe(1);
});

test('a million addresses take no more room than there is, and the last ones are remembered', () => {
  const { now } = clock();
  const limiter = createLimiter(2, { now });
  let most = 0;
  for (let index = 0; index < 1_000_000; index++) {
    taken(limiter, 2, `2001:db8:${index.toString(16)}::/64`);
    most = Math.max(most, limiter.size);
  }
  expect(most).toBeGreaterThan(90_000);
  expect(most).toBeLessThanOrEqual(100_000);
  expect(taken(limiter, 1, `2001:db8:${(999_999).toString(16)}::/64`)).toBe(0);
  expect(taken(limiter, 1, `2001:db8:${(960_000).toString(16)}::/64`)).toBe(0);
  expect(taken(limiter, 1, '2001:db8:0::/64')).toBe(1);
});

test('one that comes again and again stays when others go, whether it is let in or refused', () => {
  const { now } = clock();
  const limiter = createLimiter(2, { now, mostKeys: 10 });
  taken(limiter, 2, 'spent');
  for (let index = 0; index < 1000; index++) {
    taken(limiter, 1, `other ${index}`);
    expect(taken(limiter, 1, 'spent')).toBe(0);
  }
  expect(limiter.size).toBeLessThanOrEqual(10);
});

test('what is over is forgotten as others come, and not before', () => {
  const { now, pass } = clock();
  const limiter = createLimiter(1, { now });
  for (let index = 0; index < 1000; index++) limiter.take(`old ${index}`);
  pass(59_999);
  expect(taken(limiter, 1, 'old 0')).toBe(0);
  for (let minute = 0; minute < 2; minute++) {
    pass(60_000);
    limiter.take('new');
  }
  expect(limiter.size).toBeLessThanOrEqual(3);
});

test('one that is not seen for a while is remembered for its whole minute, though others come all the time', () => {
  for (let start = 0; start < 60; start += 7) {
    const { now, pass } = clock();
    const limiter = createLimiter(1, { now });
    pass(start * 1000);
    limiter.take('seldom');
    for (let second = 0; second < 59; second++) {
      pass(1000);
      limiter.take('often');
    }
    expect(taken(limiter, 1, 'seldom')).toBe(0);
  }
});
