const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text that may be an id or a name has the form of an id. */
export function isId(reference: string): boolean {
  return UUID.test(reference);
}
