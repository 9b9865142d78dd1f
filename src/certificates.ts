import { createHash, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

/** The certificates of a text in PEM, in their order. Throws when one of them is none; there may be none at all. */
export function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** What a host agent pins: the SHA-256 of the SubjectPublicKeyInfo, in 64 hex digits. */
export function pinOf({ publicKey }: X509Certificate): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** The CA that a host agent pins: the uppermost of a chain, which outlives those below it. Null: the chain has no CA. */
export function caToPin(chain: X509Certificate[]): X509Certificate | null {
  return chain.findLast(({ ca }) => ca) ?? null;
}

/** Whether the signature under the certificate is this CA's. */
export function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** The way up from the first of these certificates, itself included, as far as they lead. */
export function chainIn(certificates: X509Certificate[]): X509Certificate[] {
  const chain = certificates.slice(0, 1);
  for (let last = chain[0]; last !== undefined;) {
    const issuer: X509Certificate | undefined = certificates.find(
      (candidate) => !chain.includes(candidate) && isIssuedBy(last!, candidate),
    );
    if (issuer) chain.push(issuer);
    last = issuer;
  }
  return chain;
}

/** Whether a chain leads to a CA that Node itself trusts. */
export function isKnownToNode(chain: X509Certificate[]): boolean {
  const top = chain.at(-1);
  const roots = rootCertificates.map((pem) => new X509Certificate(pem));
  return top !== undefined && roots.some((root) => root.raw.equals(top.raw) || isIssuedBy(top, root));
}
