import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A certificate with its key, as PEM, and the file that holds the certificate. */
export interface Issued {
  file: string;
  keyFile: string;
  cert: string;
  key: string;
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.warn('Tests of TLS are skipped: they need the openssl program.');

/** For tests that make certificates. */
export const describeWithOpenssl = hasOpenssl ? describe : describe.skip;

/** Makes certificates with the openssl program, in one folder. */
export class Authority {
  constructor(
    readonly folder: string,
    readonly name: string,
    readonly issued: Issued,
  ) {}

  /** A self-signed root. */
  static root(folder: string, name: string, subject = `/CN=${name}`): Authority {
    const { file, keyFile } = files(folder, name);
    openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      keyFile,
      '-out',
      file,
      '-subj',
      subject,
      '-days',
      '30',
      '-addext',
      'keyUsage=keyCertSign',
    );
    return new Authority(folder, name, load(file, keyFile));
  }

  /** A certificate of this authority; `extensions` in openssl's own notation. `days` below zero: expired. */
  issue(name: string, extensions: string[], days = 30): Issued {
    const { file, keyFile } = files(this.folder, name);
    const request = `${file}.csr`;
    const extensionFile = `${file}.ext`;
    writeFileSync(extensionFile, extensions.join('\n'));
    openssl('req', ...NEW_KEY, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`);
    openssl(
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      this.issued.file,
      '-CAkey',
      this.issued.keyFile,
      '-CAcreateserial',
      '-out',
      file,
      '-days',
      String(days),
      '-extfile',
      extensionFile,
    );
    return load(file, keyFile);
  }

  intermediate(name: string): Authority {
    return new Authority(
      this.folder,
      name,
      this.issue(name, ['basicConstraints=critical,CA:TRUE', 'keyUsage=keyCertSign']),
    );
  }

  /** The pin as ca_pin wants it, computed by openssl and not by the code under test. */
  get pin(): string {
    const publicKey = openssl('x509', '-in', this.issued.file, '-noout', '-pubkey');
    const der = execFileSync('openssl', ['pkey', '-pubin', '-outform', 'DER'], { input: publicKey });
    return execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: der }).toString().slice(0, 64);
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...parameters: string[]): Buffer {
  return execFileSync('openssl', parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
}

function files(folder: string, name: string): { file: string; keyFile: string } {
  return { file: path.join(folder, `${name}.pem`), keyFile: path.join(folder, `${name}.key`) };
}

function load(file: string, keyFile: string): Issued {
  return { file, keyFile, cert: readFileSync(file, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}
