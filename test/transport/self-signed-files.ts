import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { certificate, privateKey } from '../cli/self-signed';

/** Files for tls.cert and tls.key, with a certificate for 127.0.0.1 that signs itself, without the openssl program. */
export function selfSignedFiles(folder: string): { certFile: string; keyFile: string } {
  const [certFile, keyFile] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  writeFileSync(certFile, certificate);
  writeFileSync(keyFile, privateKey);
  return { certFile, keyFile };
}
