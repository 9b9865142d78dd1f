import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseDuration } from '../duration';
import { isInTheClear } from '../loopback';
import { connect, type Client } from './client';
import { resolveConnection, type ConnectionOptions } from './connection';
import { FORMATS, type Format } from './output';
import { USER_FILE_HELP } from './user-file';

/** The options of every command that asks a server. */
export interface ClientOptions extends ConnectionOptions {
  output: Format;
}

/** Adds to a command the options for output, server and key. */
export function withClient(command: Command): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'how the answer is written').choices(FORMATS).default('table'))
    .option('--url <url>', 'the server, base path included (ROLLCALL_URL, else the one of this machine)')
    .option(
      '--key-file <file>',
      'the file that holds the API key (ROLLCALL_KEY_FILE, or the key itself in ROLLCALL_KEY)',
    )
    .option('--ca-file <file>', 'the CA that the server’s certificate must be from (ROLLCALL_CA_FILE)')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait for an answer').argParser(timeout).default(10, '10s'),
    )
    .addHelpText('after', `\n${USER_FILE_HELP}`);
}

/** The server that the options name. */
export function clientFor(options: ClientOptions): Client {
  const connection = resolveConnection(options);
  // A program that asked for JSON reads stderr too.
  if (isInTheClear(connection.url) && options.output !== 'json')
    console.error('rollcall: the key goes over plain http, where others can read it: use https beyond this machine.');
  return connect(connection);
}

/** Parses an option that may be given several times. */
export function repeated(value: string, former: string[] = []): string[] {
  return [...former, value];
}

/** Makes the parser of an option that takes names out of an enumeration, separated by commas, in any case. */
export function namesOf(...known: string[]): (value: string) => string[] {
  return (value) => {
    const names = value.split(',').map((name) => name.trim().toUpperCase());
    if (names.every((name) => known.includes(name))) return names;
    throw new InvalidArgumentError(`Give one or more of ${known.join(', ')}, separated by commas.`);
  };
}

/** Makes the parser of an option that takes a whole number of at least one. */
export function count(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Give a whole number from 1.');
}

/** Checks a length of time and leaves it as it is written. */
export function durationText(value: string): string {
  if (parseDuration(value) !== null) return value;
  throw new InvalidArgumentError('Give a whole number and a unit, such as 90s, 15m, 12h or 30d.');
}

function timeout(value: string): number {
  const seconds = parseDuration(durationText(value)) ?? 0;
  if (seconds >= 1 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('Give a length of time from 1s to 1d.');
}
