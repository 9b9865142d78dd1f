import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { TestServer } from '../support/server';
import { rollcall, rollcallOnTerminal, type Outcome, type TerminalOutcome } from './rollcall-process';

/** Formats for programs, and what reads them. */
export const READERS: [format: string, read: (text: string) => unknown][] = [
  ['json', (text) => JSON.parse(text)],
  ['yaml', parse],
];

/** Commands of an administrator that ask one server. */
export interface Commands {
  run: (...words: string[]) => Promise<Outcome>;
  /** Its stdout, when it ends with 0 and has nothing to say on stderr. */
  good: (...words: string[]) => Promise<string>;
  /** What it writes as JSON. */
  data: (...words: string[]) => Promise<any>; // oxlint-disable-line typescript/no-explicit-any
  /** On a terminal, where these keys are pressed once a question is asked. */
  onTerminal: (keys: string, ...words: string[]) => Promise<TerminalOutcome>;
}

/** Commands for this server, with its administrator's key in a file of this folder. */
export function commandsOn({ url, keys }: TestServer, folder: string): Commands {
  const keyFile = join(folder, 'administrator.key');
  writeFileSync(keyFile, `${keys.ADMIN}\n`, { mode: 0o600 });
  const server = ['--url', url, '--key-file', keyFile];
  const run = (...words: string[]) => rollcall(folder, [...words, ...server]);
  const good = async (...words: string[]) => {
    const { code, stdout, stderr } = await run(...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };
  return {
    run,
    good,
    data: async (...words) => JSON.parse(await good(...words, '-o', 'json')),
    onTerminal: (pressed, ...words) => rollcallOnTerminal(folder, [...words, ...server], pressed),
  };
}
