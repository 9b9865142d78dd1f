import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseDuration } from '../duration';
import { ExitCode } from '../exit-code';
import { printable } from '../safe-text';
import {
  apiKeys,
  findKey,
  issueKey,
  revokeKey,
  roleOf,
  rotateKey,
  type ApiKey,
  type IssuedKey,
  type ListedKey,
} from './api-key';
import { clientFor, count, durationText, namesOf, withClient, type ClientOptions } from './client-command';
import { CommandFailure } from './failure';
import { formerKeyText, keyText } from './key-text';
import { dataText, print, printData, table, written } from './output';
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
    .option('--grace <duration>', 'how long the former key works on (0s; of an agent’s key 1h)', durationText)
    .option(...SECRET_FILE);
  const revoking = group.command('revoke <key>').description('end the key of an id or a public id at once');
  withClient(issuing).action(issue);
  withClient(listing).action(list);
  withClient(rotating).action(rotate);
  withClient(revoking).action(revoke);
}

async function issue({ name, role, ttl, neverExpires, ...options }: IssueOptions): Promise<void> {
  const client = clientFor(options);
  await handOver(options, issuedRemark, () => issueKey(client, { name, role, ttl, neverExpires }));
}

function issuedRemark(): string {
  return 'Nobody can show the secret again: keep it where only its user gets it.';
}

async function rotate(reference: string, options: RotateOptions): Promise<void> {
  let { grace } = options;
  const client = clientFor(options);
  const { id, isOwn } = await findKey(client, reference);
  const remark = () => formerKeyText(isOwn, grace);
  await handOver(options, remark, async () => {
    // Until somebody has carried the new key to its host, the agent goes on with the former one: refused, it would look like a thief.
    if (!isOwn && grace === undefined && (await roleOf(client, id)) === 'AGENT') grace = '1h';
    return rotateKey(client, id, grace);
  });
}

/**
 * Makes a key and hands its secret over: alone to stdout, what goes with it to stderr, so that a pipe gets nothing else; or into
 * a file, and then stdout has what may be known of the key. Programs that asked for data get one document.
 */
async function handOver(
  { secretFile, output }: SecretOptions,
  remark: () => string,
  make: () => Promise<IssuedKey>,
): Promise<void> {
  if (secretFile === undefined) {
    const issued = await make();
    if (output === 'table') console.error(`${keyText(issued.apiKey)}\n${remark()}`);
    return printSecret(output === 'table' ? issued.secret : dataText(issued, output), issued.apiKey);
  }
  const apiKey = await makeInto(secretFile, make);
  if (output !== 'table') return printData({ apiKey }, output);
  print(keyText(apiKey));
  console.error(printable(`The secret is in ${secretFile}. ${remark()}`));
}

/** When nobody takes the only copy of a secret, that is a failure, and says which key is without a holder. */
async function printSecret(text: string, { publicId }: ApiKey): Promise<void> {
  await written(text).catch((error: NodeJS.ErrnoException) => {
    const message = `The key ${publicId} was made, but stdout took no secret (${error.code}), and nobody has it now.`;
    const hint = `Run: rollcall key rotate ${publicId}`;
    throw new CommandFailure(ExitCode.FAILURE, 'SECRET_LOST', message, { hint });
  });
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
