const CREDENTIAL = /\brc[a-z]_[0-9A-Za-z_]+/g;
/** Control, format and line separators: they could forge log lines or turn a terminal's text around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;
const LONGEST = 500;

/** Text from elsewhere made fit for a terminal and a log: one bounded line without control characters and credentials. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ').replace(CREDENTIAL, '[secret]').slice(0, LONGEST).trim();
}
