import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseDuration } from '../duration';
import { printable } from '../safe-text';
import {
  apiKeys,
  findKey,
  issueKey,
  revokeKey,
  rotateKey,
  type ApiKey,
  type IssuedKey,
  type ListedKey,
} from './api-key';
import { clientFor, count, durationText, namesOf, withClient, type ClientOptions } from './client-command';
import { formerKeyText, keyText } from './key-text';
import { print, printData, table } from './output';
import { collect } from './paging';
import { reserveSecretFile } from './secret-file';
import { relative } from './time';

interface SecretOptions extends ClientOptions {
  secretFile?: string;
}

interface IssueOptions extends SecretOptions {
  name: string;
  role: string;
  ttl?: string;
  neverExpires?: true;
}

interface RotateOptions extends SecretOptions {
  grace?: string;
}

interface ListOptions extends ClientOptions {
  status?: string[];
  role?: string[];
  nameContains?: string;
  unusedSince?: string;
  expiresBefore?: string;
  limit?: number;
}

const USER_ROLES = ['VIEWER', 'EDITOR', 'ADMIN'];
const SECRET_FILE = ['--secret-file <file>', 'store the secret in this new file instead of printing it'] as const;

/** `rollcall key issue|list|rotate|revoke`. */
export function registerKeyCommands(program: Command): void {
  const group = program.command('key').description('API keys of people, scripts and agents');
  const issuing = group
    .command('issue')
    .description('issue an API key; the secret alone goes to stdout, this once, and all else to stderr')
    .requiredOption('--name <name>', 'what it is for; no other live key may have the name')
    .requiredOption('--role <role>', 'viewer, editor or admin', userRole)
    .addOption(
      new Option('--ttl <duration>', 'how long it is good: 12h, 30d (the server’s default: 90d)')
        .argParser(durationText)
        .conflicts('neverExpires'),
    )
    .option('--never-expires', 'it has no end')
    .option(...SECRET_FILE);
  const listing = group
    .command('list')
    .description('list API keys, newest first')
    .option('--status <status>', 'only these: active, expired, revoked', namesOf('ACTIVE', 'EXPIRED', 'REVOKED'))
    .option('--role <role>', 'only these: agent, viewer, editor, admin', namesOf('AGENT', ...USER_ROLES))
    .option('--name-contains <text>', 'only those whose name contains this, in any case (three characters at least)')
    .option('--unused-since <duration>', 'only those not used for so long: 30d', durationText)
    .option('--expires-before <duration>', 'only those that end within so long: 14d', durationText)
    .option('--limit <number>', 'at most so many', count);
  const rotating = group
    .command('rotate <key>')
    .description('give the key of an id or a public id a successor; the new secret alone goes to stdout')
    .option('--grace <duration>', 'how long the former key works on (0s)', durationText)
    .option(...SECRET_FILE);
  const revoking = group.command('revoke <key>').description('end the key of an id or a public id at once');
  withClient(issuing).action(issue);
  withClient(listing).action(list);
  withClient(rotating).action(rotate);
  withClient(revoking).action(revoke);
}

async function issue({ name, role, ttl, neverExpires, ...options }: IssueOptions): Promise<void> {
  const client = clientFor(options);
  await handOver(options, 'Nobody can show the secret again: keep it where only its user gets it.', () =>
    issueKey(client, { name, role, ttl, neverExpires }),
  );
}

async function rotate(reference: string, { grace, ...options }: RotateOptions): Promise<void> {
  const client = clientFor(options);
  const { id, isOwn } = await findKey(client, reference);
  await handOver(options, formerKeyText(isOwn, grace), () => rotateKey(client, id, grace));
}

/**
 * Makes a key and hands its secret over: alone to stdout, what goes with it to stderr, so that a pipe gets nothing else; or into
 * a file, and then stdout has what may be known of the key. Programs that asked for data get one document.
 */
async function handOver(
  { secretFile, output }: SecretOptions,
  remark: string,
  make: () => Promise<IssuedKey>,
): Promise<void> {
  if (secretFile === undefined) {
    const issued = await make();
    if (output !== 'table') return printData(issued, output);
    console.error(`${keyText(issued.apiKey)}\n${remark}`);
    return print(issued.secret);
  }
  const apiKey = await makeInto(secretFile, make);
  if (output !== 'table') return printData({ apiKey }, output);
  print(keyText(apiKey));
  console.error(printable(`The secret is in ${secretFile}. ${remark}`));
}

async function makeInto(secretFile: string, make: () => Promise<IssuedKey>): Promise<ApiKey> {
  const file = await reserveSecretFile(secretFile);
  const { apiKey, secret } = await make().catch(async (error: unknown) => {
    await file.giveUp();
    throw error;
  });
  await file.keep(secret, apiKey.publicId);
  return apiKey;
}

async function list(options: ListOptions): Promise<void> {
  const keys = await collect(apiKeys(clientFor(options), keyFilter(options), options.limit));
  if (options.output !== 'table') printData(keys, options.output);
  else if (keys.length === 0) console.error('There is no such API key; "rollcall key issue" makes one.');
  else print(table(HEADER, keys.map(row)));
}

function keyFilter({ status, role, nameContains, unusedSince, expiresBefore }: ListOptions): Record<string, unknown> {
  return {
    ...(status && { status }),
    ...(role && { role }),
    ...(nameContains !== undefined && { name: { contains: nameContains } }),
    ...(unusedSince !== undefined && { unusedSince: instantAt(-milliseconds(unusedSince)) }),
    ...(expiresBefore !== undefined && { expiresBefore: instantAt(milliseconds(expiresBefore)) }),
  };
}

const HEADER = ['PUBLIC ID', 'NAME', 'ROLE', 'STATUS', 'EXPIRES', 'LAST USED', 'MISUSED', 'CREATED BY'];

function row({ publicId, name, role, status, expiresAt, lastUsedAt, misusedAt, createdBy }: ListedKey): string[] {
  const misused = misusedAt === null ? 'no' : relative(misusedAt);
  return [publicId, name, role, status, expiresAt ?? 'never', relative(lastUsedAt), misused, createdBy.name];
}

async function revoke(reference: string, options: ClientOptions): Promise<void> {
  const payload = await revokeKey(clientFor(options), reference);
  if (options.output !== 'table') return printData(payload, options.output);
  const { publicId, name } = payload.apiKey;
  print(printable(`The API key ${publicId} (${name}) is revoked.`));
}

function userRole(value: string): string {
  const role = value.toUpperCase();
  if (USER_ROLES.includes(role)) return role;
  throw new InvalidArgumentError(`Give one of ${USER_ROLES.join(', ')}.`);
}

function milliseconds(duration: string): number {
  return (parseDuration(duration) ?? 0) * 1000;
}

/** So far from now; as far as a date can be told, when it would be further. */
function instantAt(distance: number): string {
  return new Date(Math.min(Math.max(Date.now() + distance, 0), Date.UTC(9999, 11, 31))).toISOString();
}
