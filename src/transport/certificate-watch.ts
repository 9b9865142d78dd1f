import type { FastifyBaseLogger } from 'fastify';
import type { Server } from 'node:https';
import type { TlsConfig } from '../config/transport';
import { certificateOf, readPemFiles, type PemFiles, type ServerCertificate } from './certificate';

const DAY_MS = 86_400_000;
/** How often the files are looked at, and how often the end of the certificate is warned of. */
const TIMES = { lookEveryMs: 3_000, warnEveryMs: DAY_MS };
const WARN_DAYS = 14;

type Log = Pick<FastifyBaseLogger, 'info' | 'warn'>;

/**
 * Serves with what the two files hold, as soon as that changes: whether they are written anew, replaced or reached by other links, their
 * contents are compared. Connections that run go on with the former certificate. What cannot be used is told once, and the former stays.
 * Warns of a certificate that ends soon, at start and daily. Runs while the server listens.
 */
export function watchCertificate(
  server: Server,
  tls: TlsConfig,
  first: ServerCertificate,
  log: Log,
  { lookEveryMs, warnEveryMs } = TIMES,
): void {
  let current = first;
  let seen: PemFiles = first;
  let fault: string | null = null;

  const look = () => {
    try {
      const found = readPemFiles(tls);
      if (fault === null && found.cert === seen.cert && found.key === seen.key) return;
      seen = found;
      current = certificateOf(found, tls);
      server.setSecureContext({ ...found, minVersion: tls.minVersion });
      fault = null;
      log.info({ until: endOf(current) }, 'the certificate of tls.cert was read anew');
      warnOfEnd(current, log);
    } catch (error) {
      const { message } = error as Error;
      if (message !== fault) log.warn(`${message} The former certificate stays in use.`);
      fault = message;
    }
  };

  server.once('listening', () => {
    warnOfEnd(current, log);
    const timers = [setInterval(look, lookEveryMs), setInterval(() => warnOfEnd(current, log), warnEveryMs)];
    server.once('close', () => timers.forEach((timer) => clearInterval(timer)));
  });
}

function warnOfEnd(certificate: ServerCertificate, log: Log): void {
  const until = endOf(certificate);
  const days = (until.getTime() - Date.now()) / DAY_MS;
  if (days < 0) log.warn({ until }, 'the certificate of tls.cert has expired: renew it, agents refuse it');
  else if (days < WARN_DAYS)
    log.warn({ until }, `the certificate of tls.cert expires in ${Math.floor(days)} days: renew it`);
}

function endOf({ chain }: ServerCertificate): Date {
  return new Date(chain[0]!.validTo);
}
