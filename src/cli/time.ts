const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** How far an instant is from now, in its largest unit: `3m ago`, `in 2h`, `now`; `never` when there is none. */
export function relative(instant: string | null, now = Date.now()): string {
  if (instant === null) return 'never';
  const seconds = Math.round((Date.parse(instant) - now) / 1000);
  const distance = Math.abs(seconds);
  const [unit, length] = UNITS.find(([, least]) => distance >= least) ?? [null, 1];
  if (unit === null) return 'now';
  const amount = `${Math.floor(distance / length)}${unit}`;
  return seconds < 0 ? `${amount} ago` : `in ${amount}`;
}

/** The instant and how far it is: `2026-01-02T03:04:05.000Z (3m ago)`. */
export function instantAndDistance(instant: string | null, now = Date.now()): string {
  return instant === null ? 'never' : `${instant} (${relative(instant, now)})`;
}
