import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import type { DataSource } from 'typeorm';
import { isAdminKeyInUse, makeFirstAdminKey } from '../access/first-admin-key';
import type { Config } from '../config';
import { placeDataSource } from '../database/data-source';
import { migrate } from '../database/migrate';
import { openDatabase } from '../database/open';
import { createLog } from '../log';
import { givenKey, serverKey } from '../secret/server-key';
import { createServer } from '../server';
import { StartFailure } from '../start-failure';
import { loadCertificate } from '../transport/certificate';
import { allOfLocalhost } from '../transport/localhost';
import { warnOfClearText } from '../transport/warnings';
import { greeting } from './greeting';
import { stopSignal, unlessStopped } from './stop-signal';

/** How long requests that run may take to finish once the server was told to stop. */
const STOP_WITHIN_MS = 10_000;
const RELEASE_EVERY_MS = 50;

/** Runs the server until it is told to stop; resolves to the exit code. Throws StartFailure when it cannot run. */
export async function serve(config: Config, dataSource: DataSource): Promise<number> {
  const log = createLog(config.logLevel);
  // Before the database is started for nothing.
  const certificate = config.tls && loadCertificate(config.tls);
  const given = await givenKey(config);
  const stop = stopSignal();
  const database = await openDatabase(config, log, stop.signal).catch(unlessStopped(stop.signal));
  if (database === null) return 0;
  try {
    placeDataSource(dataSource, database.place, config.database, log);
    const { encryptionKey, ...adminKey } = await migrate(dataSource, async (db) => ({
      encryptionKey: await serverKey(db, config, given, log),
      made: await makeFirstAdminKey(db, config.adminKeyFile),
      inUse: await isAdminKeyInUse(db),
    }));
    await dataSource.initialize();
    const app = await createServer({ config, dataSource, encryptionKey, log });
    const url = await listen(app, config);
    for (const line of greeting(url, config, certificate, adminKey)) say(line);
    log.info(`${await stop.received}: stopping`);
    await closeWithin(app, STOP_WITHIN_MS);
    return 0;
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.close();
    log.info('stopped');
  }

  /** Plain lines for a person at a terminal; events for whoever collects the log. */
  function say(line: string): void {
    if (process.stdout.isTTY) console.log(line);
    else if (line !== '') log.info(line.trim());
  }
}

async function listen(app: FastifyInstance, config: Config): Promise<string> {
  const { host, port, basePath } = config;
  const localhost = host === 'localhost' ? allOfLocalhost(app) : null;
  const protocol = config.tls ? 'https' : 'http';
  try {
    // fastify does not know of the TLS that it did not make.
    const listenTextResolver = (url: string) => `Server listening at ${url.replace('http', protocol)}`;
    await app.listen({ host, port, listenTextResolver });
    await localhost?.listen();
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new StartFailure(
        `Another program listens on ${host}:${port}: stop it, or set ROLLCALL_PORT to another port.`,
      );
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new StartFailure(
        `The server cannot listen on ${host}:${port} (${code}): correct ROLLCALL_HOST and ROLLCALL_PORT.`,
      );
    throw error;
  }
  const address = app.server.address() as AddressInfo;
  warnOfClearText(config, address.address, app.log);
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${protocol}://${shown}:${address.port}${basePath}`;
}

/** Takes no new requests and lets those that run finish; cuts what takes too long. */
async function closeWithin(app: FastifyInstance, milliseconds: number): Promise<void> {
  const cut = setTimeout(() => {
    app.log.warn(`requests that did not finish within ${milliseconds / 1000} s are cut off`);
    app.server.closeAllConnections();
  }, milliseconds);
  // Those that were busy when closing began are kept open for a next request once they are answered.
  const release = setInterval(() => app.server.closeIdleConnections(), RELEASE_EVERY_MS);
  await app.close();
  clearTimeout(cut);
  clearInterval(release);
}
