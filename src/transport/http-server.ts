import type { FastifyBaseLogger } from 'fastify';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Config } from '../config';
import type { TlsConfig } from '../config/transport';
import { loadCertificate } from './certificate';
import { watchCertificate } from './certificate-watch';
import { clientErrorAnswer } from './client-error';
import { limitConnections } from './connection-limit';
import { answersWith, secureHeaders } from './secure-headers';

/** How long beyond its time a slow client may live. */
const CHECK_EVERY_MS = 1_000;

/** The server below fastify, as options of fastify: HTTP, or HTTPS where there is a certificate, within the limits of the settings. Throws StartFailure. */
export function transportOptions(config: Config, log: FastifyBaseLogger) {
  const { tls, timeouts, limits, trustedProxies } = config;
  const headers = secureHeaders(tls !== null);
  /** How many requests of a connection are not answered yet. */
  const awaited = new WeakMap<Socket, number>();
  const requestTimeout = timeouts.bodySeconds * 1000;
  const options = {
    ServerResponse: answersWith(headers),
    // The headers are a part of the request: Node refuses a longer time for the part.
    headersTimeout: Math.min(timeouts.headersSeconds * 1000, requestTimeout),
    requestTimeout,
    keepAliveTimeout: timeouts.idleSeconds * 1000,
    connectionsCheckingInterval: CHECK_EVERY_MS,
  };
  return {
    clientErrorHandler: clientErrorAnswer(headers, (socket) => (awaited.get(socket) ?? 0) > 0),
    serverFactory(listener: RequestListener): Server {
      const server = tls === null ? createServer(options, listener) : makeTlsServer(tls, listener);
      limitConnections(server, { most: limits.connectionsPerAddress, exempt: trustedProxies }, log);
      closeHandshakesToo(server);
      countAwaited(server, awaited);
      return server;
    },
  };

  function makeTlsServer(files: TlsConfig, listener: RequestListener): Server {
    const certificate = loadCertificate(files);
    const { cert, key } = certificate;
    const { minVersion } = files;
    const handshakeTimeout = timeouts.headersSeconds * 1000;
    const server = createTlsServer({ ...options, cert, key, minVersion, handshakeTimeout }, listener);
    watchCertificate(server, files, certificate, log);
    return server;
  }
}

function countAwaited(server: Server, awaited: WeakMap<Socket, number>): void {
  server.on('request', ({ socket }, response) => {
    awaited.set(socket, (awaited.get(socket) ?? 0) + 1);
    response.once('close', () => awaited.set(socket, awaited.get(socket)! - 1));
  });
}

/** Node's closeAllConnections knows those only that have come as far as HTTP. */
function closeHandshakesToo(server: Server): void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const closeAll = server.closeAllConnections.bind(server);
  server.closeAllConnections = () => {
    closeAll();
    for (const socket of open) socket.destroy();
  };
}
