/** OpenSSL's results of a verification as Node names them, and Node's own for a wrong name. */
const CERTIFICATE_CODE =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_|ERROR_IN_CERT|ERR_TLS_CERT)/;

/** Whether it is an error of the system, with a code such as ENOENT. Its class does not tell: jest runs tests in another realm. */
export function isErrno(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
}

/** Whether the code of a failed connection means that the certificate was not accepted. */
export function isCertificateCode(code: string): boolean {
  return CERTIFICATE_CODE.test(code);
}
