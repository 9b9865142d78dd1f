import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { networkFault, ServerFault } from './server-fault';

const DEADLINE = 10_000;

/**
 * The certificates that a server shows, its own first. Nothing is verified here and nothing sent but the handshake: the connection
 * is closed as soon as it stands. Throws ServerFault.
 */
export function presentedChain({ hostname, port }: URL, signal: AbortSignal): Promise<X509Certificate[]> {
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      rejectUnauthorized: false,
      ...(isIP(host) === 0 && { servername: host }),
    });
    const stop = (): void => void socket.destroy(new Error('stopped'));
    signal.addEventListener('abort', stop, { once: true });
    socket.setTimeout(DEADLINE, () => socket.destroy(new Error('no answer in time')));
    socket.on('error', (error) => reject(networkFault(error)));
    socket.on('close', () => {
      signal.removeEventListener('abort', stop);
      reject(new ServerFault('unreachable', 'it closed the connection'));
    });
    socket.on('secureConnect', () => {
      resolve(chainOf(socket));
      socket.destroy();
    });
  });
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<DetailedPeerCertificate>();
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // A root names itself as its issuer.
  while (certificate?.raw && !seen.has(certificate)) {
    seen.add(certificate);
    chain.push(new X509Certificate(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
