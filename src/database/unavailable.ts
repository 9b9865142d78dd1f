/**
 * PostgreSQL says so itself: shutting down, crashed, starting, a statement over its time, out of connections, connection
 * trouble (class 08), a standby after a failover, a deadlock or a conflict that another try will not meet.
 */
const SQL_STATES = /^(?:57P0[1-3]|57014|53300|08\w{3}|25006|40001|40P01)$/;

const SYSTEM_CODES = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(' '),
);

/** What pg and its pool say without a code. */
const MESSAGES =
  /^(?:Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed and is not queryable)/;

/**
 * Whether the error means that the database cannot be reached now, so that the same call may succeed later. Judged by shape:
 * errors of the system may come from another realm, where `instanceof Error` is false.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && (SQL_STATES.test(code) || SYSTEM_CODES.has(code))) return true;
  // The socket of an embedded database that is down is not there.
  if (code === 'ENOENT' && syscall === 'connect') return true;
  return typeof message === 'string' && MESSAGES.test(message);
}
