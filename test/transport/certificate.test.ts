import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { caToPin, certificatesIn, chainIn, isKnownToNode, pinOf } from '../../src/certificates';
import { StartFailure } from '../../src/start-failure';
import { loadCertificate } from '../../src/transport/certificate';
import { Authority, describeWithOpenssl, type Issued } from '../host-agent/certificates';
import { temporaryFolder } from '../support/process';

const LOCAL = ['subjectAltName=IP:127.0.0.1'];

describeWithOpenssl('certificate and key', () => {
  const folder = temporaryFolder();
  let root: Authority;
  let middle: Authority;
  let good: Issued;
  beforeAll(() => {
    root = Authority.root(folder.path, 'root');
    middle = root.intermediate('middle');
    good = middle.issue('good', LOCAL);
  });
  afterAll(() => folder.remove());

  function file(name: string, contents: string): string {
    const written = path.join(folder.path, name);
    writeFileSync(written, contents);
    return written;
  }

  test('are taken with the chain of CAs, in whatever order and with whatever else these stand in the file', () => {
    const stranger = Authority.root(folder.path, 'stranger');
    const certFile = file('full.pem', good.cert + root.issued.cert + stranger.issued.cert + middle.issued.cert);
    const { chain } = load(certFile, good.keyFile);
    expect(chain.map(({ subject }) => subject)).toEqual(['CN=good', 'CN=middle', 'CN=root']);
  });

  test.each<[string, () => [cert: string, key: string], RegExp]>([
    ['a certificate file that is not there', () => ['/none.pem', good.keyFile], /^tls\.cert: .*none\.pem .*\(ENOENT\)/],
    ['a key file that is not there', () => [good.file, '/none.key'], /^tls\.key: .*none\.key .*\(ENOENT\)/],
    ['a certificate file without one', () => [good.keyFile, good.keyFile], /^tls\.cert: .*it holds no certificate/],
    [
      'a broken certificate',
      () => [file('b.pem', mangled(good.cert)), good.keyFile],
      /^tls\.cert: .*b\.pem cannot be used/,
    ],
    ['a file that holds no key', () => [good.file, good.file], /^tls\.key: .*good\.pem cannot be used/],
    [
      'the key of another certificate',
      () => [good.file, root.issued.keyFile],
      /^tls\.key: .*is not the key of the first cert/,
    ],
    [
      'a CA that stands before the server’s own',
      () => [file('ca-first.pem', root.issued.cert + good.cert), good.keyFile],
      /^tls\.key: .*which must be the server’s own/,
    ],
    [
      'a key with a passphrase',
      () => [good.file, encrypted(good.keyFile)],
      /^tls\.key: .*encrypted\.key cannot be used/,
    ],
    ['a key that is too short for OpenSSL', weak, /^tls\.cert: .*weak\.pem cannot be used \(.*too small/],
  ])('are refused with the name of the setting: %s', (_, files, message) => {
    const [certFile, keyFile] = files();
    expect(() => load(certFile, keyFile)).toThrow(StartFailure);
    expect(() => load(certFile, keyFile)).toThrow(message);
    expect(() => load(certFile, keyFile)).not.toThrow(/BEGIN|MII|MHc|MIG/);
  });

  test('the pin is of the uppermost CA in the chain, as openssl calculates it', () => {
    const chain = chainIn(certificatesIn(good.cert + middle.issued.cert + root.issued.cert));
    expect(pinOf(caToPin(chain)!)).toBe(root.pin);
    expect(pinOf(caToPin(chain.slice(0, 2))!)).toBe(middle.pin);
    expect(caToPin(chain.slice(0, 1))).toBeNull();
  });

  test('a CA of one’s own is not one that Node knows; each of Node’s is, shown or not', () => {
    expect(isKnownToNode(chainIn(certificatesIn(good.cert + middle.issued.cert + root.issued.cert)))).toBe(false);
    expect(isKnownToNode(chainIn(certificatesIn(rootCertificates[0]!)))).toBe(true);
    expect(isKnownToNode([])).toBe(false);
  });

  test('a CA that bears the name of one that Node knows is not known for it', () => {
    // With keys of the same kind, as the forged one has.
    const known = certificatesIn(rootCertificates.join('\n')).find(
      ({ publicKey }) => publicKey.asymmetricKeyType === 'ec',
    );
    const subject = known!.subject.split('\n').map((part) => part.replaceAll('/', '\\/'));
    const forged = Authority.root(folder.path, 'forged', `/${subject.join('/')}`);
    expect(certificatesIn(forged.issued.cert)[0]!.subject).toBe(known!.subject);
    // Without a key identifier the certificate names the true CA as its issuer as well as the forged one.
    const issued = certificatesIn(forged.issue('below', [...LOCAL, 'authorityKeyIdentifier=none']).cert);
    expect(issued[0]!.checkIssued(known!)).toBe(true);
    expect(isKnownToNode(issued)).toBe(false);
  });

  function encrypted(keyFile: string): string {
    const out = path.join(folder.path, 'encrypted.key');
    execFileSync('openssl', ['pkey', '-in', keyFile, '-aes256', '-passout', 'pass:secret', '-out', out]);
    return out;
  }

  function weak(): [string, string] {
    const [cert, key] = [path.join(folder.path, 'weak.pem'), path.join(folder.path, 'weak.key')];
    const parameters = [
      'req',
      '-x509',
      '-newkey',
      'rsa:512',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=weak',
    ];
    execFileSync('openssl', parameters, { stdio: 'pipe' });
    return [cert, key];
  }
});

function mangled(pem: string): string {
  return pem.replace(/\n(\w{8})/, '\nAAAAAAAA');
}

function load(certFile: string, keyFile: string) {
  return loadCertificate({ certFile, keyFile, minVersion: 'TLSv1.2' });
}
