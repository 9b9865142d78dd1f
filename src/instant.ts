/** Date would take 24:00 for the next day; RFC 3339 has no such hour. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T(?!24)\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i;

/** The instant of an RFC 3339 text such as `2026-11-20T08:30:00Z`; null when the text is none. */
export function parseInstant(text: string): Date | null {
  const time = new Date(INSTANT.test(text) ? text : NaN);
  // Date takes 30 February for 2 March: the day must come back as it was given.
  return Number.isNaN(time.getTime()) || !isDay(text.slice(0, 10)) ? null : time;
}

function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
