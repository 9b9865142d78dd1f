import type { Command } from 'commander';
import { ExitCode } from '../exit-code';
import { printable } from '../safe-text';
import {
  approveRequest,
  findRequest,
  registrationRequests,
  rejectRequest,
  WAITING,
  type RegistrationRequest,
} from './client-registry';
import { clientFor, count, namesOf, withClient, type ClientOptions } from './client-command';
import { CommandFailure, usageFailure } from './failure';
import { isId } from './inventory';
import { print, printData, table } from './output';
import { collect } from './paging';
import { placementInput, withPlacement, type PlacementInput, type PlacementOptions } from './placement-options';
import { askOnTerminal, isOnTerminal } from './prompt';
import { approvedText, REQUEST_HEADER, requestRow, requestText } from './request-text';

interface ListOptions extends ClientOptions {
  state?: string[];
  limit?: number;
}

interface ApproveOptions extends ClientOptions, PlacementOptions {
  pairingId?: string;
  replace?: true;
}

interface RejectOptions extends ClientOptions {
  reason?: string;
}

const ALL = 'ALL';

/** `rollcall request list|show|approve|reject`. */
export function registerRequestCommands(program: Command): void {
  const group = program.command('request').description('registration requests of agents without a token');
  const listing = group
    .command('list')
    .description('list registration requests that wait, newest first')
    .option(
      '--state <state>',
      'only these: pending, conflicting, approved, rejected, expired; or all (pending,conflicting)',
      namesOf(...WAITING, 'APPROVED', 'REJECTED', 'EXPIRED', ALL),
    )
    .option('--limit <number>', 'at most so many', count);
  const approving = withPlacement(
    group
      .command('approve [id]')
      .description('let in the agent that asks, once its pairing ID was compared')
      .option(
        '--pairing-id <pairing id>',
        'what the agent shows, instead of being asked for it; without id it finds the request',
      )
      .option('--replace', 'the agent gets a name that a node or an older request has; the former key ends'),
  );
  const rejecting = group
    .command('reject <request>')
    .description('refuse the request of an id or a pairing ID; its key may ask anew after a while')
    .option('--reason <text>', 'why, as the agent is told');
  withClient(listing).action(list);
  withClient(group.command('show <request>').description('show the request of an id or a pairing ID')).action(show);
  withClient(approving).action(approve);
  withClient(rejecting).action(reject);
}

async function list({ state = WAITING, limit, ...options }: ListOptions): Promise<void> {
  const wanted = state.includes(ALL) ? undefined : state;
  const found = await collect(registrationRequests(clientFor(options), wanted, limit));
  if (options.output !== 'table') printData(found, options.output);
  else if (found.length === 0)
    console.error('There is no such request; "rollcall registry status" tells whether agents may ask.');
  else print(table(REQUEST_HEADER, found.map(requestRow)));
}

async function show(reference: string, options: ClientOptions): Promise<void> {
  const request = await findRequest(clientFor(options), reference);
  if (options.output !== 'table') printData(request, options.output);
  else print(requestText(request, { granted: request.granted, showsPairingId: true }));
}

async function approve(id: string | undefined, options: ApproveOptions): Promise<void> {
  const reference = requestToApprove(id, options);
  const client = clientFor(options);
  const request = await findRequest(client, reference);
  const placement = placementInput(options);
  if (options.pairingId === undefined || options.output === 'table') tell(request, placement);
  const pairingId = options.pairingId ?? (await comparedPairingId(request, options));
  const approved = await approveRequest(client, {
    requestId: request.id,
    pairingId,
    replace: options.replace,
    ...placement,
  });
  if (options.output === 'table') print(approvedText(approved));
  else printData(approved, options.output);
}

/** What finds the request: its id, or else its pairing ID. */
function requestToApprove(id: string | undefined, { pairingId }: ApproveOptions): string {
  if (pairingId === undefined && !isOnTerminal())
    throw usageFailure('Give with --pairing-id what the agent shows: there is no terminal to ask for it.');
  if (id === undefined && pairingId === undefined)
    throw usageFailure('Give the id of the request, or with --pairing-id what the agent shows.');
  if (id !== undefined && !isId(id))
    throw usageFailure(
      'Give the id of the request as "rollcall request list" has it; a pairing ID belongs to --pairing-id.',
    );
  return id ?? pairingId!;
}

/** On stderr: stdout is for what came of it. Without the pairing ID, which is to be read where the agent shows it. */
function tell(request: RegistrationRequest, { region, environment, tags, labels }: PlacementInput): void {
  const granted = { region: region ?? null, environment: environment ?? null, tags: tags ?? [], labels: labels ?? [] };
  console.error(`${requestText(request, { granted, showsPairingId: false })}\n`);
}

/** Throws a CommandFailure when nothing is typed, or when that would not help. */
async function comparedPairingId(request: RegistrationRequest, { replace }: ApproveOptions): Promise<string> {
  if (!WAITING.includes(request.state))
    throw new CommandFailure(
      ExitCode.FAILURE,
      'FAILED_PRECONDITION',
      `This request waits no more: it is ${request.state}.`,
    );
  if (request.state === 'CONFLICTING' && !replace)
    throw new CommandFailure(
      ExitCode.CONFLICT,
      'CONFLICT',
      'The name is taken: approve with --replace, or reject the request.',
    );
  const question = `To approve it, type the pairing ID as the agent of ${request.nodeName} shows it: `;
  const typed = await askOnTerminal(printable(question));
  if (typed) return typed;
  // The input ended in the line of the question.
  if (typed === null) console.error();
  throw new CommandFailure(ExitCode.FAILURE, 'NOT_CONFIRMED', 'No pairing ID was typed: nothing was changed.');
}

async function reject(reference: string, { reason, ...options }: RejectOptions): Promise<void> {
  const client = clientFor(options);
  const id = isId(reference) ? reference : (await findRequest(client, reference)).id;
  const payload = await rejectRequest(client, id, reason);
  if (options.output !== 'table') return printData(payload, options.output);
  const { nodeName, remoteAddress } = payload.request;
  print(printable(`The request of ${nodeName} from ${remoteAddress} is rejected; its key may ask anew after a while.`));
}
