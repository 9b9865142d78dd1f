import type { X509Certificate } from 'node:crypto';
import { caToPin, certificatesIn, isIssuedBy, isKnownToNode, pinOf } from '../certificates';
import { presentedChain } from '../host-agent/presented-chain';

/** What a host agent needs to trust the server: nothing more than Node does, the pin of a CA, or the CA's certificate in a file. */
export type ServerTrust = { kind: 'known' } | { kind: 'pin'; pin: string } | { kind: 'file' };

/**
 * Finds out what an agent of the server at this URL needs; `ca` holds the certificates, in PEM, by which this command itself trusts it. The chain
 * is read from a connection that is not verified: a CA is told only if one of those vouches for it.
 */
export async function serverTrust(url: string, ca: string | null, signal: AbortSignal): Promise<ServerTrust> {
  if (ca === null || !url.startsWith('https:')) return { kind: 'known' };
  const chain = await presentedChain(new URL(url), signal).catch(() => []);
  if (isKnownToNode(chain)) return { kind: 'known' };
  const authority = caToPin(chain);
  const trusted = certificatesIn(ca);
  return authority && trusted.some((one) => vouchesFor(one, authority))
    ? { kind: 'pin', pin: `sha256:${pinOf(authority)}` }
    : { kind: 'file' };
}

function vouchesFor(trusted: X509Certificate, authority: X509Certificate): boolean {
  return trusted.raw.equals(authority.raw) || isIssuedBy(authority, trusted);
}
