/** Anything that looks like one of our credentials, whole or cut; also behind the "n" of a line feed that JSON has escaped. */
const CREDENTIAL = /rc[tuas]_[0-9A-Za-z]{4,12}(?:_[0-9A-Za-z]*)?/g;

/** Control and format characters: they could move the cursor of a terminal, colour it, forge a line, or reverse what is read. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const LONGEST_QUOTE = 500;

/** The text with everything that looks like one of our credentials blanked. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIAL, '[credential]');
}

/** The text in one line and without anything that a terminal would obey. Spaces at its start stay. */
export function printable(text: string): string {
  return text.replaceAll(/[\t\n\r\v\f\u2028\u2029]+/g, ' ').replaceAll(UNPRINTABLE, '');
}

/** What somebody else said, fit to stand in a message of ours: printable, without credentials, of bounded length. */
export function quotable(text: string): string {
  return withoutCredentials(printable(text)).slice(0, LONGEST_QUOTE).trim();
}
