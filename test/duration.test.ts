import { formatDuration, parseDuration } from '../src/duration';

describe('a duration', () => {
  it.each([
    ['0s', 0],
    ['90s', 90],
    ['15m', 900],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['007s', 7],
    ['999999999d', 86_399_999_913_600],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '90', 's', '1.5h', '-1s', '1 h', '1w', '1H', '1h30m', ' 1s', '1s\n', '1000000000s', '1e3s', '٣s'])(
    'is not %j',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  it.each([
    [0, '0s'],
    [59, '59s'],
    [60, '1m'],
    [90, '90s'],
    [3_600, '1h'],
    [5_400, '90m'],
    [86_400, '1d'],
    [90_000, '25h'],
    [2_592_000, '30d'],
  ])('of %d seconds is shown as %s, which is read as the same', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
    expect(parseDuration(text)).toBe(seconds);
  });
});
