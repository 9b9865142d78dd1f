import type { FastifyBaseLogger } from 'fastify';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Config } from '../config';
import type { TlsConfig } from '../config/transport';
import { loadCertificate } from './certificate';
import { watchCertificate } from './certificate-watch';
import { clientErrorAnswer } from './client-error';
import { limitConnections } from './connection-limit';
import { answersWith, secureHeaders } from './secure-headers';

/** Requests on one connection. Clients that do not wait for answers at all are rare; those that do have one. */
const MOST_UNANSWERED = 32;
/** How long beyond its time a slow client may live. */
const CHECK_EVERY_MS = 1_000;

/** The server below fastify, as options of fastify: HTTP, or HTTPS where there is a certificate, within the limits of the settings. Throws StartFailure. */
export function transportOptions(config: Config, log: FastifyBaseLogger) {
  const { tls, timeouts, limits, trustedProxies } = config;
  const headers = secureHeaders(tls !== null);
  const unanswered = new WeakMap<Socket, Set<IncomingMessage>>();
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
    clientErrorHandler: clientErrorAnswer(headers, (socket) => awaitsAnswer(unanswered.get(socket))),
    serverFactory(listener: RequestListener): Server {
      const server = tls === null ? createServer(options, listener) : makeTlsServer(tls, listener);
      limitConnections(server, { most: limits.connectionsPerAddress, exempt: trustedProxies }, log);
      closeHandshakesToo(server);
      keepUnanswered(server, unanswered);
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

/** Keeps the requests of each connection until they are answered. */
function keepUnanswered(server: Server, unanswered: WeakMap<Socket, Set<IncomingMessage>>): void {
  server.on('request', (request: IncomingMessage, response) => {
    const requests = unanswered.get(request.socket) ?? new Set();
    unanswered.set(request.socket, requests.add(request));
    response.once('close', () => requests.delete(request));
    // Node reads on, and would keep whatever one client sends without waiting for answers.
    if (requests.size > MOST_UNANSWERED) request.socket.destroy();
  });
}

/** One that came whole does; one that is still coming is what the error is about. */
function awaitsAnswer(requests: ReadonlySet<IncomingMessage> = new Set()): boolean {
  return [...requests].some(({ complete }) => complete);
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
