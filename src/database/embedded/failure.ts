/** What the file system, child processes and PostgreSQL tell of a failure. */
export interface Failure {
  message: string;
  /** ENOENT and the like, an exit status, or an SQLSTATE. */
  code?: string | number | null;
  path?: string;
  stderr?: string;
}

/** The failure that was thrown. */
export function failureOf(error: unknown): Failure {
  return isFailure(error) ? error : { message: String(error) };
}

// By shape: an error of Node's own is no instance of the Error that a test's realm has.
function isFailure(error: unknown): error is Failure {
  return typeof error === 'object' && error !== null && 'message' in error;
}
