const SECONDS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;
/** Nine digits: more would only be numbers that cannot be calculated with exactly. */
const FORMAT = /^(\d{1,9})([smhd])$/;

/** Seconds of a length of time such as `90s`, `15m`, `12h` or `30d`; null when the text is none. */
export function parseDuration(text: string): number | null {
  const [, digits, unit] = FORMAT.exec(text) ?? [];
  if (digits === undefined || !isUnit(unit)) return null;
  return Number(digits) * SECONDS[unit];
}

/** A whole number of seconds in the largest unit that tells it exactly: 5400 is `90m`, 0 is `0s`. */
export function formatDuration(seconds: number): string {
  for (const [unit, length] of Object.entries(SECONDS)) {
    if (seconds !== 0 && seconds % length === 0) return `${seconds / length}${unit}`;
  }
  return `${seconds}s`;
}

function isUnit(text: string | undefined): text is keyof typeof SECONDS {
  return text !== undefined && text in SECONDS;
}
