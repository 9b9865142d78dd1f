import { existsSync, readFileSync } from 'node:fs';
import { CredentialKind, parseCredential } from '../access/credential';
import { localAdminKeyFile, localServerUrl } from '../config';
import { ExitCode } from '../exit-code';
import { isLoopbackUrl } from '../loopback';
import { isErrno } from '../system-error';
import { CommandFailure, usageFailure } from './failure';
import { readUserFile, type UserFile } from './user-file';

/** What the flags of a command say of server and key. */
export interface ConnectionOptions {
  url?: string;
  keyFile?: string;
  caFile?: string;
  /** Seconds. */
  timeout: number;
}

/** Which server is asked, and as who. */
export interface Connection {
  /** With the base path, without a slash at its end. */
  url: string;
  key: string;
  /** The certificates that are trusted instead of the system's, in PEM. */
  ca: string | null;
  timeoutSeconds: number;
}

/**
 * Flags, then environment, then the user's file; without a URL or a key, those of the server that runs on this machine by the
 * settings that this process sees. The only reader of the client's environment.
 */
export function resolveConnection(options: ConnectionOptions, environment = process.env): Connection {
  const userFile = readUserFile(environment);
  const named = options.url ?? (environment['ROLLCALL_URL'] || userFile.url);
  const url = named === undefined ? localUrl(environment) : checkedUrl(named);
  const caFile = options.caFile ?? (environment['ROLLCALL_CA_FILE'] || userFile.caFile);
  return {
    url,
    key: findKey(options, environment, userFile) ?? localKey(url, environment),
    ca: caFile === undefined ? null : readCertificates(caFile),
    timeoutSeconds: options.timeout,
  };
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (isPlain) return url.href.replace(/\/+$/, '');
  throw usageFailure(
    'The URL of the server must be such as https://rollcall.example or https://host/pmp, with nothing after the path and no credentials: see --url and ROLLCALL_URL.',
  );
}

function localUrl(environment: NodeJS.ProcessEnv): string {
  const url = localServerUrl({ environment });
  if (url !== null) return url;
  throw usageFailure(
    'The settings do not tell the port of this machine’s server, which takes any free one: name its URL with --url or ROLLCALL_URL.',
  );
}

function findKey({ keyFile }: ConnectionOptions, environment: NodeJS.ProcessEnv, userFile: UserFile): string | null {
  if (keyFile !== undefined) return readKey(keyFile);
  if (environment['ROLLCALL_KEY']) return checkedKey(environment['ROLLCALL_KEY'], 'The value of ROLLCALL_KEY');
  const file = environment['ROLLCALL_KEY_FILE'] || userFile.keyFile;
  return file === undefined ? null : readKey(file);
}

/** An administrator on the server's own machine needs to name nothing. */
function localKey(url: string, environment: NodeJS.ProcessEnv): string {
  const file = isLoopbackUrl(url) ? localAdminKeyFile({ environment }) : null;
  if (file !== null && existsSync(file)) return readKey(file);
  const looked = file === null ? '' : `, and there is none at ${file}, where a server on this machine would keep it`;
  throw keyFailure(`No key was given${looked}: name its file with --key-file or ROLLCALL_KEY_FILE.`);
}

function readKey(file: string): string {
  return checkedKey(readText(file, keyFailure), `What ${file} holds`);
}

function checkedKey(text: string, what: string): string {
  const key = text.trim();
  const credential = parseCredential(key);
  if (!credential) throw keyFailure(`${what} is not a key of Rollcall: check that it was copied whole.`);
  if (credential.kind === CredentialKind.REGISTRATION_TOKEN)
    throw keyFailure(`${what} is a registration token, which only enrols agents: give an API key instead.`);
  return key;
}

function readCertificates(file: string): string {
  const certificates = readText(file, usageFailure);
  if (certificates.includes('-----BEGIN CERTIFICATE-----')) return certificates;
  throw usageFailure(`${file} holds no certificate in PEM: see --ca-file and ROLLCALL_CA_FILE.`);
}

function readText(file: string, failure: (message: string) => CommandFailure): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw failure(`${file} cannot be read (${error.code}): check the path and who may read it.`);
  }
}

function keyFailure(message: string): CommandFailure {
  return new CommandFailure(ExitCode.AUTHENTICATION, 'NO_KEY', message);
}
