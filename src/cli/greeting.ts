import { existsSync } from 'node:fs';
import type { MadeAdminKey } from '../access/first-admin-key';
import { localAdminKeyFile, localServerUrl, localUrl, type Config } from '../config';
import { isLoopbackUrl } from '../loopback';
import { packageVersion } from '../package-version';

/** What became of the key of the first administrator at this start. */
export interface AdminKeyState {
  /** Made at this start. */
  made: MadeAdminKey | null;
  /** The key of the first start, or of the last reset, is still good. */
  inUse: boolean;
}

/** What the server says once it answers: where everything is, and what to do next. The key itself goes to a terminal alone. */
export function greeting(url: string, config: Config, { made, inUse }: AdminKeyState): string[] {
  const terminal = process.stdout.isTTY;
  return [
    '',
    `Rollcall ${packageVersion()} answers at ${url}`,
    `  Playground:         ${url}/graphql`,
    ...(inUse ? [`  Administrator key:  ${keyPlace(config.adminKeyFile)} (it has no end: keep it safe)`] : []),
    ...(made && terminal ? [`  The key itself:     ${made.text}`] : []),
    `  Next: enrol a host, with the token that this gives: ${issueCommand(url, config)}`,
    '',
  ];
}

/** Another server that shares the database may have made the key. */
function keyPlace(file: string): string {
  return existsSync(file) ? file : 'made elsewhere, not in this data folder';
}

/** The command as it works in the same folder in another shell, which knows neither the environment nor the flags of this process. */
function issueCommand(url: string, config: Config): string {
  const asked = localUrl({ ...config, port: Number(new URL(url).port || 80) });
  const keyIsFound = config.adminKeyFile === localAdminKeyFile({ environment: {} }) && isLoopbackUrl(asked);
  return [
    'rollcall token issue',
    ...(asked === localServerUrl({ environment: {} }) ? [] : [`--url ${asked}`]),
    ...(keyIsFound || !existsSync(config.adminKeyFile) ? [] : [`--key-file ${shellWord(config.adminKeyFile)}`]),
  ].join(' ');
}

/** The text as one word for a shell. */
function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
