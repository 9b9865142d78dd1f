import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import { Client, type ClientConfig } from 'pg';

const ECHO_EVERY_MS = 1000;
const ECHO_WITHIN_MS = 2000;
const RECONNECT_AFTER_MS = 1000;

/** A connection that is told what other servers announce. */
export interface Listener {
  /** Whether announcements arrive: an echo that it sent itself, one each second, has come back within two. */
  isUp: () => boolean;
  stop(): Promise<void>;
}

export interface ListenerOptions {
  connection: ClientConfig;
  channel: string;
  /** An announcement. */
  heard: (payload: string) => void;
  /** It listens again; what was announced meanwhile was missed. */
  back: () => void;
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

interface Echo {
  text: string;
  /** By the monotonic clock. */
  sentAt: number;
}

/**
 * Listens on a channel over a connection of its own, for as long as the server runs. A connection that ends is seen at once;
 * one whose other end was lost without a word is found out by the echo.
 */
export function startListener({ connection, channel, heard, back, log }: ListenerOptions): Listener {
  let stopped = false;
  let current: Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let awaited: Echo | null = null;
  /** When the last echo that came back was sent. */
  let provedAt = -Infinity;
  let toldDown = false;

  async function connect(): Promise<void> {
    const client = new Client({
      ...connection,
      application_name: 'rollcall listener',
      connectionTimeoutMillis: ECHO_WITHIN_MS,
      query_timeout: ECHO_WITHIN_MS,
    });
    current = client;
    client.on('error', (error) => lose(client, error));
    client.on('end', () => lose(client));
    client.on('notification', ({ payload = '' }) => hear(client, payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      sendEcho(client);
    } catch (error) {
      lose(client, error);
    }
  }

  function hear(client: Client, payload: string): void {
    if (client !== current) return;
    if (payload !== awaited?.text) {
      if (!payload.startsWith('echo ')) heard(payload);
      return;
    }
    const first = provedAt === -Infinity;
    provedAt = awaited.sentAt;
    awaited = null;
    if (first) back();
    if (toldDown) log.info('keys that change are told again');
    toldDown = false;
  }

  function sendEcho(client: Client): void {
    if (client !== current || stopped) return;
    if (awaited && performance.now() - awaited.sentAt > ECHO_WITHIN_MS)
      return lose(client, new Error('no echo came back'));
    if (!awaited) {
      awaited = { text: `echo ${randomUUID()}`, sentAt: performance.now() };
      client.query('SELECT pg_notify($1, $2)', [channel, awaited.text]).catch((error: unknown) => lose(client, error));
    }
    timer = setTimeout(() => sendEcho(client), ECHO_EVERY_MS);
  }

  function lose(client: Client, error?: unknown): void {
    if (client !== current) return;
    current = null;
    awaited = null;
    provedAt = -Infinity;
    clearTimeout(timer);
    cut(client);
    if (stopped) return;
    if (!toldDown)
      log.warn({ err: error }, 'keys that change are not told; each is looked up again after 5 s meanwhile');
    toldDown = true;
    timer = setTimeout(() => void connect(), RECONNECT_AFTER_MS);
  }

  void connect();
  return {
    isUp: () => performance.now() - provedAt < ECHO_EVERY_MS + ECHO_WITHIN_MS,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const client = current;
      current = null;
      if (client) cut(client);
    },
  };
}

/** Ends a connection whose other end may be silent: an orderly end would wait for its answer for ever. */
function cut(client: Client): void {
  client.end().catch(() => undefined);
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
