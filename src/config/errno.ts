/** Whether it is an error of the system, with a code such as ENOENT. Its class does not tell: jest runs tests in another realm. */
export function isErrno(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
}
