import type { Command } from 'commander';
import { printable } from '../safe-text';
import { clientFor, count, durationText, namesOf, withClient, type ClientOptions } from './client-command';
import { print, printData, table } from './output';
import { collect } from './paging';
import { findNode } from './inventory';
import { placementInput, withPlacement, type PlacementOptions } from './placement-options';
import {
  issueToken,
  registrationTokens,
  revokeToken,
  type IssueInput,
  type RegistrationToken,
} from './registration-token';
import { serverTrust } from './server-trust';
import { relative } from './time';
import { issuedTokenText } from './token-text';

interface IssueOptions extends ClientOptions, PlacementOptions {
  description?: string;
  ttl?: string;
  maxUses?: number;
  nodeName?: string;
  replaces?: string;
  secretOnly?: true;
}

interface ListOptions extends ClientOptions {
  status?: string[];
  limit?: number;
}

/** `rollcall token issue|list|revoke`. */
export function registerTokenCommands(program: Command): void {
  const group = program.command('token').description('registration tokens, with which agents enrol');
  const issuing = withPlacement(
    group
      .command('issue')
      .description('issue a registration token; its secret is shown this once')
      .option('--description <text>', 'what it is for')
      .option('--ttl <duration>', 'how long it is good: 90s, 15m, 12h, 30d (the server’s default: 1h)', durationText)
      .option('--max-uses <number>', 'how many agents it enrols (1)', count)
      .option('--node-name <pattern>', 'the name that the node must have; * stands for anything')
      .option('--replaces <node>', 'name or id of the node that it enrols afresh'),
  ).option('--secret-only', 'print the secret alone, for scripts');
  const listing = group
    .command('list')
    .description('list registration tokens, newest first')
    .option(
      '--status <status>',
      'only these: active, used, expired, revoked',
      namesOf('ACTIVE', 'USED', 'EXPIRED', 'REVOKED'),
    )
    .option('--limit <number>', 'at most so many', count);
  const revoking = group.command('revoke <token>').description('revoke the token of an id or a public id');
  withClient(issuing).action(issue);
  withClient(listing).action(list);
  withClient(revoking).action(revoke);
}

async function issue(options: IssueOptions): Promise<void> {
  const client = clientFor(options);
  const replaced = options.replaces === undefined ? undefined : await findNode(client, options.replaces);
  const issued = await issueToken(client, issueInput(options, replaced?.id));
  if (options.secretOnly) return print(issued.secret);
  if (options.output !== 'table') return printData(issued, options.output);
  const trust = await serverTrust(client.url, client.ca, AbortSignal.timeout(options.timeout * 1000));
  print(issuedTokenText(issued, client.url, trust));
}

function issueInput(options: IssueOptions, replacesNodeId: string | undefined): IssueInput {
  const { description, ttl, maxUses, nodeName } = options;
  return { description, ttl, maxUses, nodeName, replacesNodeId, ...placementInput(options) };
}

async function list(options: ListOptions): Promise<void> {
  const tokens = await collect(registrationTokens(clientFor(options), options.status, options.limit));
  if (options.output !== 'table') printData(tokens, options.output);
  else if (tokens.length === 0) console.error('There is no such registration token; "rollcall token issue" makes one.');
  else print(table(HEADER, tokens.map(row)));
}

const HEADER = ['PUBLIC ID', 'STATUS', 'USES', 'NODE', 'EXPIRES', 'LAST USED', 'CREATED BY', 'DESCRIPTION'];

function row(token: RegistrationToken): string[] {
  const { publicId, status, uses, maxUses, nodeName, replaces, expiresAt, lastUsedAt, createdBy, description } = token;
  const node = replaces?.name ?? nodeName ?? 'any';
  const times = [expiresAt, relative(lastUsedAt)];
  return [publicId, status, `${uses}/${maxUses}`, node, ...times, createdBy.name, description ?? ''];
}

async function revoke(reference: string, options: ClientOptions): Promise<void> {
  const payload = await revokeToken(clientFor(options), reference);
  if (options.output !== 'table') return printData(payload, options.output);
  const { publicId, description } = payload.token;
  const what = description === null ? publicId : `${publicId} (${description})`;
  print(printable(`The registration token ${what} is revoked; agents that it enrolled go on.`));
}
