import { existsSync } from 'node:fs';
import type { MadeAdminKey } from '../access/first-admin-key';
import type { Config } from '../config';
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
    `  Next: enrol a host, with the token that this gives: rollcall token issue`,
    '',
  ];
}

/** Another server that shares the database may have made the key. */
function keyPlace(file: string): string {
  return existsSync(file) ? file : 'made elsewhere, not in this data folder';
}
