import type { Command } from 'commander';
import { clientFor, count, namesOf, repeated, withClient, type ClientOptions } from './client-command';
import { findNode, nodes, servicesOf, type Node } from './inventory';
import { nodeText } from './node-text';
import { print, printData, table } from './output';
import { collect } from './paging';
import { relative } from './time';

interface ListOptions extends ClientOptions {
  status?: string[];
  type?: string[];
  environment?: string;
  region?: string;
  nameContains?: string;
  tag?: string[];
  label?: string[];
  limit?: number;
}

const NODE_TYPES = ['GENERIC', 'CONTAINER', 'REMOTE', 'REMOTE_RDS', 'REMOTE_AZURE_DATABASE'];

/** `rollcall node list|show`. */
export function registerNodeCommands(program: Command): void {
  const group = program.command('node').description('nodes, with their host agents and services');
  const listing = group
    .command('list')
    .description('list nodes by name')
    .option('--status <status>', 'only these: active, inactive, unknown', namesOf('ACTIVE', 'INACTIVE', 'UNKNOWN'))
    .option('--type <type>', 'only these, such as generic,container', namesOf(...NODE_TYPES))
    .option('--environment <environment>', 'only of this environment')
    .option('--region <region>', 'only of this region')
    .option('--name-contains <text>', 'only those whose name contains this, in any case (three characters at least)')
    .option('--tag <tag>', 'only those with this tag; may be repeated', repeated)
    .option('--label <name[=value]>', 'only those with this label; may be repeated', repeated)
    .option('--limit <number>', 'at most so many', count);
  withClient(listing).action(list);
  withClient(group.command('show <node>').description('show the node of a name or an id')).action(show);
}

async function list(options: ListOptions): Promise<void> {
  const found = await collect(nodes(clientFor(options), nodeFilter(options), options.limit));
  if (options.output !== 'table') printData(found, options.output);
  else if (found.length === 0) console.error('There is no such node; "rollcall token issue" lets one enrol.');
  else print(table(HEADER, found.map(row)));
}

function nodeFilter({
  status,
  type,
  environment,
  region,
  nameContains,
  tag,
  label,
}: ListOptions): Record<string, unknown> {
  return {
    ...(status && { status }),
    ...(type && { type }),
    ...(environment !== undefined && { environment: { eq: environment } }),
    ...(region !== undefined && { region: { eq: region } }),
    ...(nameContains !== undefined && { name: { contains: nameContains } }),
    ...(tag && { tags: tag }),
    ...(label && { labels: label.map(labelFilter) }),
  };
}

/** `name` is any value, `name=` the empty one. */
function labelFilter(text: string): { name: string; in?: string[] } {
  const separator = text.indexOf('=');
  return separator < 0 ? { name: text } : { name: text.slice(0, separator), in: [text.slice(separator + 1)] };
}

const HEADER = ['NAME', 'STATUS', 'ENVIRONMENT', 'REGION', 'ADDRESS', 'OS', 'LAST SEEN', 'AGENT'];

function row({ name, status, environment, region, address, os, lastSeenAt, hostAgent }: Node): string[] {
  const agent = hostAgent === null ? 'none' : (hostAgent.version ?? 'unknown');
  return [name, status, environment ?? '', region ?? '', address, os ?? '', relative(lastSeenAt), agent];
}

async function show(reference: string, options: ClientOptions): Promise<void> {
  const client = clientFor(options);
  const node = await findNode(client, reference);
  const services = await collect(servicesOf(client, node.id));
  if (options.output === 'table') print(nodeText(node, services));
  else printData({ ...node, services }, options.output);
}
