/** Exit codes of every command; 130 is what the system makes of an interrupt. */
export enum ExitCode {
  OK = 0,
  FAILURE = 1,
  /** Wrong usage or settings. */
  USAGE = 2,
  NOT_FOUND = 3,
  /** The key or token is refused, or there is none. */
  AUTHENTICATION = 4,
  CONFLICT = 5,
  /** Not reachable, too slow or too busy: the same command may succeed later. */
  UNAVAILABLE = 6,
  /** The audit trail was changed. */
  TAMPERED = 7,
}
