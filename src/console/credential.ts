const EMPTY_AUTHORIZATION = /^\s*(bearer|basic)?\s*$/i;
const WHOLE_CREDENTIAL = /\brc[a-z]_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}[0-9a-f]{6}\b/;

/** The API key in the text of the header editor; '' while there is none, or it or the JSON around it is not complete. */
export function credentialIn(headersText: string): string {
  return isJson(headersText) ? (WHOLE_CREDENTIAL.exec(headersText)?.[0] ?? '') : '';
}

/**
 * The headers without an Authorization that names a scheme and no key, as the header editor holds at first: the server refuses
 * any credential that is not good, also for what it tells to everybody.
 */
export function withoutEmptyAuthorization(headers: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(
    entries.filter(([name, value]) => name.toLowerCase() !== 'authorization' || !EMPTY_AUTHORIZATION.test(value)),
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
