import type { FastifyBaseLogger } from 'fastify';
import type { EntityManager } from 'typeorm';
import type { Caller } from './access/actor';
import type { KeyCache } from './access/key-cache';
import type { RefusalTally } from './audit/refusal-tally';
import type { Config } from './config';
import type { LookUp } from './database/look-up';
import type { Line } from './line';
import type { RequestRow } from './client-registry/find-request';
import type { TokenRow } from './enrolment/presented-token';
import type { Limits } from './rate-limit/limits';
import type { FleetCount } from './fleet-summary/count-fleet';
import type { ChangeFeed } from './inventory/inventory-change';
import type { Secrets } from './secret/secrets';
import type { SyncInterval } from './sync/interval';
import type { SyncQueue } from './sync/sync-queue';

/** All that a use case knows of the request it serves; made once per request. */
export interface Context {
  /** The key that was presented and is good; null when none was presented. */
  readonly caller: Caller | null;
  readonly db: EntityManager;
  readonly config: Config;
  /** The address that the call came from, trusted proxies applied. */
  readonly remoteAddress: string;
  readonly requestId: string;
  readonly log: FastifyBaseLogger;
  readonly keyCache: KeyCache;
  /** Counts refusals that leave no row of their own in the audit trail. */
  readonly refusals: RefusalTally;
  readonly limits: Limits;
  /** Says that a right secret was shown over the connection of the request: the id of the key or token. */
  readonly vouchFor: (id: string) => void;
  /** Whether a registration was looked at: it has been charged if it failed. */
  registrationTried: boolean;
  readonly findToken: LookUp<TokenRow>;
  /** By the public id of the key that asks. */
  readonly findRequest: LookUp<RequestRow>;
  /** In front of the client registry: those who wait for its row leave connections to others. */
  readonly requestLine: Line;
  readonly syncInterval: SyncInterval;
  readonly syncQueue: SyncQueue;
  /** How many reports of host agents said nothing that could be stored, since the server began. */
  readonly ignoredReports: { count: number };
  /** Whether nobody on the way can read the answer: TLS, this machine, or a trusted proxy that says https. */
  readonly isConfidential: boolean;
  /** Aborted once the caller was told that the answer takes too long: nothing more need be read for it. */
  readonly overdue: AbortSignal;
  readonly fleetCount: FleetCount;
  /** Where committed changes of the inventory are told. */
  readonly changeFeed: ChangeFeed;
  /** Stores secrets of monitored services, encrypted. */
  readonly secrets: Secrets;
  /** What the loaders of this request have read (loader.ts). */
  readonly loaders: Map<unknown, unknown>;
}
