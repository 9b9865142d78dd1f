import type { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import type { MadeAdminKey } from '../access/first-admin-key';
import { caToPin, isIssuedBy, isKnownToNode, pinOf } from '../certificates';
import { localAdminKeyFile, localServerUrl, localUrl, type Config } from '../config';
import { isLoopbackUrl } from '../loopback';
import { packageVersion } from '../package-version';
import type { ServerCertificate } from '../transport/certificate';

/** What became of the key of the first administrator at this start. */
export interface AdminKeyState {
  /** Made at this start. */
  made: MadeAdminKey | null;
  /** The key of the first start, or of the last reset, is still good. */
  inUse: boolean;
}

/** What the server says once it answers: where everything is, and what to do next. The key itself goes to a terminal alone. */
export function greeting(
  url: string,
  config: Config,
  certificate: ServerCertificate | null,
  { made, inUse }: AdminKeyState,
): string[] {
  const terminal = process.stdout.isTTY;
  return [
    '',
    `Rollcall ${packageVersion()} answers at ${url}`,
    `  Playground:         ${url}/graphql`,
    ...(inUse ? [`  Administrator key:  ${keyPlace(config.adminKeyFile)} (it has no end: keep it safe)`] : []),
    ...(made && terminal ? [`  The key itself:     ${made.text}`] : []),
    ...(certificate && !isKnownToNode(certificate.chain) ? [`  For the agents:     ${trustText(certificate)}`] : []),
    `  Next: enrol a host, with the token that this gives: ${issueCommand(url, config, certificate)}`,
    '',
  ];
}

/** Another server that shares the database may have made the key. */
function keyPlace(file: string): string {
  return existsSync(file) ? file : 'made elsewhere, not in this data folder';
}

/** How agents know a server whose CA is not one of those that Node trusts. */
function trustText({ chain }: ServerCertificate): string {
  const authority = caToPin(chain);
  return authority
    ? `ca_pin: sha256:${pinOf(authority)}`
    : 'the CA is not one that they know: append its certificate to tls.cert, or give them ca_file';
}

/** The command as it works in the same folder in another shell, which knows neither the environment nor the flags of this process. */
function issueCommand(url: string, config: Config, certificate: ServerCertificate | null): string {
  const port = Number(new URL(url).port || (certificate ? 443 : 80));
  const local = localUrl({ ...config, port });
  const asked = certificate ? provenUrl(local, certificate.chain[0]!) : local;
  const keyIsFound = config.adminKeyFile === localAdminKeyFile({ environment: {} }) && isLoopbackUrl(asked);
  return [
    'rollcall token issue',
    ...(asked === localServerUrl({ environment: {} }) ? [] : [`--url ${asked}`]),
    ...(certificate && holdsItsRoot(certificate) ? [`--ca-file ${shellWord(config.tls!.certFile)}`] : []),
    ...(keyIsFound || !existsSync(config.adminKeyFile) ? [] : [`--key-file ${shellWord(config.adminKeyFile)}`]),
  ].join(' ');
}

/** The URL by a name that the certificate is for, when it is not for this one. */
function provenUrl(url: string, own: X509Certificate): string {
  const { hostname } = new URL(url);
  const host = hostname.replaceAll(/[[\]]/g, '');
  const isProven = isIP(host) === 0 ? own.checkHost(host) : own.checkIP(host);
  const [, name] = /DNS:([^*,\s]+)/.exec(own.subjectAltName ?? '') ?? [];
  return isProven || name === undefined ? url : url.replace(hostname, name);
}

/** Whether the file of the certificate is all that it takes to trust the server. */
function holdsItsRoot({ chain }: ServerCertificate): boolean {
  const top = chain.at(-1)!;
  return isIssuedBy(top, top) && !isKnownToNode(chain);
}

/** The text as one word for a shell. */
function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
