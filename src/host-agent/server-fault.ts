import { causeOf, messageOf } from './agent-failure';
import { quotable } from '../safe-text';
import { isCertificateCode } from '../system-error';

/**
 * unreachable: no answer, perhaps later. certificate: not trusted. foreign: something else than a Rollcall server answered.
 * refused: a Rollcall server said no, by `refusal`.
 */
export type FaultKind = 'unreachable' | 'certificate' | 'foreign' | 'refused';

/** An error of GraphQL, as contract.graphql names them. */
export interface Refusal {
  code: string;
  /** Of UNAUTHENTICATED, to whoever presented the right secret; and of RATE_LIMITED, where it is not the number of attempts. */
  reason?: string | undefined;
  retryAfterSeconds?: number | undefined;
  /** Of BAD_USER_INPUT: what is wrong where, such as `input.node.name`. */
  fields?: { path: string; message: string }[];
}

/** Why a call to the server did not succeed. The message is a clause fit for people: no control characters, no secrets. */
export class ServerFault extends Error {
  constructor(
    readonly kind: FaultKind,
    message: string,
    readonly refusal?: Refusal,
  ) {
    super(message);
    this.name = 'ServerFault';
  }

  /** Whether the same call may succeed later without anybody doing anything. */
  get isPassing(): boolean {
    return this.kind === 'unreachable' || this.refusal?.code === 'UNAVAILABLE' || this.refusal?.code === 'RATE_LIMITED';
  }

  /** Whether so many requests wait in the client registry that it takes no further one now. */
  get isFull(): boolean {
    return this.refusal?.reason === 'REGISTRY_FULL';
  }

  /** Whether the client registry takes no new requests now. */
  get isLocked(): boolean {
    return this.refusal?.code === 'REGISTRY_LOCKED';
  }
}

/** What a plain HTTP server says to a TLS greeting. */
const NOT_TLS_CODE = /^(?:EPROTO|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/;

/** The fault behind what undici, tls or net threw. */
export function networkFault(error: unknown): ServerFault {
  const code = causeOf(error);
  if (isCertificateCode(code))
    return new ServerFault('certificate', quotable(`its certificate is not good: ${messageOf(error)} (${code})`));
  if (NOT_TLS_CODE.test(code)) return new ServerFault('foreign', 'no TLS is spoken there');
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return new ServerFault('foreign', 'its answer is too long');
  if (code.startsWith('HPE_')) return new ServerFault('foreign', 'no HTTP is spoken there');
  return new ServerFault('unreachable', `no connection (${quotable(messageOf(error))})`);
}
