import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { certificatesIn, pinOf } from '../certificates';
import { ExitCode } from '../exit-code';
import { AgentFailure, causeOf } from './agent-failure';
import { presentedChain } from './presented-chain';
import { ServerFault } from './server-fault';

/** Which certificates vouch for the server; without `ca`, those that Node trusts. Options of tls.connect. */
export interface TlsTrust {
  ca?: string[];
  /** True where one certificate is pinned: a chain is good as soon as it leads to that one, be it a root or not. */
  allowPartialTrustChain: boolean;
  /** Said aloud, because NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would otherwise switch verification off. */
  rejectUnauthorized: true;
}

/** What the configuration says of it; the pin is 64 hex digits. */
export interface TrustSettings {
  apiUrl: string;
  caFile: string | undefined;
  caPin: string | undefined;
}

/**
 * Settles whom to trust. With a pin and no file, the pinned CA is taken out of the chain that the server shows; that it is the right one
 * its hash proves, and that the server belongs to it every later connection verifies. Throws AgentFailure for a bad file,
 * ServerFault when the server is not reached or does not show the pinned CA.
 */
export async function resolveTrust(settings: TrustSettings, signal: AbortSignal): Promise<TlsTrust> {
  const { apiUrl, caFile, caPin } = settings;
  if (caPin === undefined) {
    return caFile === undefined ? trust(undefined, false) : trust(readCertificates(caFile), false);
  }
  if (caFile !== undefined) {
    const pinned = readCertificates(caFile).filter(isPinned(caPin));
    if (pinned.length > 0) return trust(pinned, true);
    throw new AgentFailure(
      ExitCode.FAILURE,
      `${caFile} does not hold the CA of central.ca_pin: correct one of the two.`,
    );
  }
  const shown = (await presentedChain(new URL(apiUrl), signal)).filter(isPinned(caPin));
  if (shown.length > 0) return trust(shown, true);
  throw new ServerFault(
    'certificate',
    'the server does not show the CA of central.ca_pin: set central.ca_file, or correct the pin',
  );
}

function trust(certificates: X509Certificate[] | undefined, allowPartialTrustChain: boolean): TlsTrust {
  const ca = certificates && { ca: certificates.map((certificate) => certificate.toString()) };
  return { ...ca, allowPartialTrustChain, rejectUnauthorized: true };
}

/** A pin is of a CA: that of a server's own certificate is not accepted, since it would change at each renewal. */
function isPinned(pin: string): (certificate: X509Certificate) => boolean {
  return (certificate) => certificate.ca && pinOf(certificate) === pin;
}

function readCertificates(file: string): X509Certificate[] {
  try {
    const certificates = certificatesIn(readFileSync(file, 'utf8'));
    if (certificates.length === 0) throw new Error('no certificate in it');
    return certificates;
  } catch (error) {
    throw new AgentFailure(
      ExitCode.USAGE,
      `central.ca_file ${file} cannot be used (${causeOf(error)}): name a PEM file with the CA’s certificate.`,
    );
  }
}
