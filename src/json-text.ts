/** All but the line feed. */
const UNPRINTABLE = /[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu;

/** The value as JSON, in which what a terminal would obey is escaped: the data stay what they are. */
export function json(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(UNPRINTABLE, escaped);
}

/** The same in one line. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(UNPRINTABLE, escaped);
}

/** Whether the text holds what a terminal would obey. */
export function hasUnprintable(text: string): boolean {
  return text.search(UNPRINTABLE) >= 0;
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
