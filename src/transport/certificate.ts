import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { certificatesIn, chainIn } from '../certificates';
import type { TlsConfig } from '../config/transport';
import { StartFailure } from '../start-failure';
import { isErrno } from '../system-error';

/** What the server shows, and proves that it is its own. */
export interface ServerCertificate {
  /** PEM. */
  cert: string;
  key: string;
  /** The server's own certificate, then those of the file that lead up from it. */
  chain: X509Certificate[];
}

/** The two files as they are now. */
export interface PemFiles {
  cert: string;
  key: string;
}

/** Reads both files. Throws StartFailure. */
export function readPemFiles({ certFile, keyFile }: TlsConfig): PemFiles {
  return { cert: readPem('tls.cert', certFile), key: readPem('tls.key', keyFile) };
}

function readPem(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(setting, file, isErrno(error) ? error.code : String(error));
  }
}

/** The certificate that the files hold. Throws StartFailure, which names the setting whose file cannot be used. */
export function certificateOf({ cert, key }: PemFiles, tls: TlsConfig): ServerCertificate {
  const { certFile, keyFile, minVersion } = tls;
  const chain = parsed('tls.cert', certFile, () => chainIn(certificatesIn(cert)));
  const [own] = chain;
  if (!own) throw unusable('tls.cert', certFile, 'it holds no certificate in PEM');
  const privateKey = privateKeyIn(key, keyFile);
  if (!own.checkPrivateKey(privateKey)) {
    const reason = `it is not the key of the first certificate of ${certFile}, which must be the server’s own`;
    throw unusable('tls.key', keyFile, reason);
  }
  // What OpenSSL does not serve with, such as a key that is too short.
  parsed('tls.cert', certFile, () => createSecureContext({ cert, key, minVersion }));
  return { cert, key, chain };
}

/** OpenSSL's own words for these would not help anybody. */
function privateKeyIn(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw unusable('tls.key', file, 'it holds no private key in PEM, or one with a passphrase');
  }
}

/** Reads and checks both files. Throws StartFailure. */
export function loadCertificate(tls: TlsConfig): ServerCertificate {
  return certificateOf(readPemFiles(tls), tls);
}

/** OpenSSL's messages tell what it looked for, never what the file holds. */
function parsed<T>(setting: string, file: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw unusable(setting, file, error instanceof Error ? error.message : String(error));
  }
}

function unusable(setting: string, file: string, reason: string): StartFailure {
  return new StartFailure(
    `${setting}: ${file} cannot be used (${reason}): name the PEM file of the server’s ${setting === 'tls.cert' ? 'certificate' : 'private key'}.`,
  );
}
