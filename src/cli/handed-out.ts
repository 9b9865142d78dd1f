import { parseCredential, type CredentialKind } from '../access/credential';
import type { Client } from './client';
import { foreignFailure } from './server-failure';

/** What a server handed out, if its secret is a credential of such a kind: it goes to terminals, files and scripts as it is. */
export function handedOut<Payload extends { secret: string }>(
  { url }: Client,
  payload: Payload,
  kinds: CredentialKind[],
): Payload {
  const credential = parseCredential(payload.secret);
  if (credential && kinds.includes(credential.kind)) return payload;
  throw foreignFailure(url, 200);
}
