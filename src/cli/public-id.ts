import { parseCredential, type CredentialKind } from '../access/credential';
import { isId } from './inventory';
import { notFound } from './failure';

/** How what a secret belongs to is looked up. */
export interface Lookup {
  /** What it is called when there is none. */
  what: string;
  kinds: CredentialKind[];
  list: () => AsyncIterable<{ id: string; publicId: string }>;
}

/** The id behind a reference: an id, a public id with or without the prefix of its kind, or a whole secret. */
export async function findId(reference: string, { what, kinds, list }: Lookup): Promise<string> {
  if (isId(reference)) return reference;
  const publicId = publicIdOf(reference, kinds);
  for await (const item of list()) {
    if (item.publicId === publicId) return item.id;
  }
  throw notFound(what);
}

/** The public id in a reference that is no id. */
export function publicIdOf(reference: string, kinds: CredentialKind[]): string {
  const credential = parseCredential(reference);
  if (credential && kinds.includes(credential.kind)) return credential.publicId;
  const prefix = kinds.find((kind) => reference.startsWith(`${kind}_`));
  return prefix === undefined ? reference : reference.slice(prefix.length + 1);
}
