import type { FastifyRequest } from 'fastify';
import type { EntityManager } from 'typeorm';
import { authenticate, findKeys } from '../access/authentication';
import type { Keys } from '../access/keys';
import type { RefusalTally } from '../audit/refusal-tally';
import { findRequests } from '../client-registry/find-request';
import type { Config } from '../config';
import type { Context } from '../context';
import { coalesced } from '../database/look-up';
import { findTokens } from '../enrolment/presented-token';
import { Unauthenticated } from '../errors';
import { fleetCount } from '../fleet-summary/count-fleet';
import type { ChangeFeed } from '../inventory/inventory-change';
import { createLine } from '../line';
import { callerAddress } from '../rate-limit/address';
import { createLimits } from '../rate-limit/limits';
import type { Secrets } from '../secret/secrets';
import { syncInterval } from '../sync/interval';
import { syncQueue } from '../sync/sync-queue';
import { isConfidential } from '../transport/confidential';
import { overdueSignal } from '../transport/deadline';
import { vouchFor } from '../transport/connection-limit';
import { authorizationHeader } from './authorization-header';

/** Registration requests that are stored at a time: one after the other all the same, by the row of the client registry. */
const REQUESTS_AT_ONCE = 2;

/** What a server makes once, for all its requests. */
interface ServerParts {
  keys: Keys;
  refusals: RefusalTally;
  secrets: Secrets;
  changeFeed: ChangeFeed;
}

/**
 * What requests of this server share, and what each has of its own. Its promise is refused when the request presents a
 * credential that is not good.
 */
export function contextMaker(
  config: Config,
  db: EntityManager,
  { keys, refusals, secrets, changeFeed }: ServerParts,
): {
  contextOf: (request: FastifyRequest) => Promise<Context>;
  /** Throws RateLimited when too much that is no operation came from there. */
  chargeRefused: (request: FastifyRequest) => Promise<void>;
} {
  const { keyCache, keyUse } = keys;
  const shared = {
    config,
    db,
    keyCache,
    refusals,
    secrets,
    limits: createLimits(db, config.limits),
    findToken: coalesced((publicIds) => findTokens(db, publicIds)),
    findRequest: coalesced((publicIds) => findRequests(db, config.clientRegistry, publicIds)),
    requestLine: createLine(REQUESTS_AT_ONCE),
    syncInterval: syncInterval(config.sync.minimumIntervalSeconds),
    syncQueue: syncQueue(db),
    ignoredReports: { count: 0 },
    fleetCount: fleetCount(),
    changeFeed,
  };
  const findKey = coalesced((publicIds) => findKeys(db, publicIds));
  const callOf = (request: FastifyRequest) => ({
    remoteAddress: callerAddress(request),
    refusals,
  });
  const contextOf = async (request: FastifyRequest) => {
    const context = {
      ...shared,
      ...callOf(request),
      vouchFor: (id: string) => vouchFor(request.raw.socket, id),
      registrationTried: false,
      requestId: request.id,
      isConfidential: isConfidential(request),
      log: request.log,
      overdue: overdueSignal(request),
      loaders: new Map(),
    };
    const callerOf = async () => authenticate({ ...context, findKey, keyUse }, authorizationHeader(request));
    const caller = await callerOf().catch(async (error: unknown) => {
      if (error instanceof Unauthenticated) vouchFor(request.raw.socket, null);
      throw isGuess(error) ? await context.limits.failedKey(context, error) : error;
    });
    if (caller) context.vouchFor(caller.keyId);
    return { ...context, caller };
  };
  return { contextOf, chargeRefused: (request) => shared.limits.anonymous(callOf(request)) };
}

/** Of a key of which nobody has proved to know the secret; who has is told a reason. */
function isGuess(error: unknown): error is Unauthenticated {
  return error instanceof Unauthenticated && error.details['reason'] === undefined;
}
