import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net';

/**
 * What becomes of those who call. open: they are put through. closed: nobody listens, whoever was connected is cut off. silent:
 * they are let in and hear nothing, and so does whoever was connected before, for ever.
 */
export type ProxyState = 'open' | 'closed' | 'silent';

/** A TCP proxy that can fail as networks do. */
export interface Proxy {
  port: number;
  /** Where those who call from now on are put through to. */
  target: NetConnectOpts;
  become(state: ProxyState): Promise<void>;
  /** All that callers have sent so far, as text. */
  sent: () => string;
  /** Takes, once, the first part of the next answer that holds the text; the caller is cut off and never hears it. */
  interceptAnswer(then: (part: Buffer) => void, holding?: string): void;
}

/** Starts a proxy on a port of its own, open; `later` ends it. */
export async function startProxy(target: NetConnectOpts, later: (end: () => unknown) => void): Promise<Proxy> {
  const pairs = new Set<[Socket, Socket | null]>();
  let state: ProxyState = 'open';
  const sent: Buffer[] = [];
  let intercept: { take: (part: Buffer) => void; holding: string } | null = null;

  const server = createServer((caller) => {
    caller.on('error', () => undefined);
    if (state === 'silent') pairs.add([caller, null]);
    else putThrough(caller);
  });
  const proxy: Proxy = {
    port: 0,
    target,
    async become(next) {
      state = next;
      if (state === 'closed') {
        cutOff();
        if (server.listening) await new Promise((resolve) => void server.close(resolve));
        return;
      }
      if (state === 'silent') for (const pair of pairs) hush(pair);
      if (server.listening) return;
      server.listen(proxy.port, '127.0.0.1');
      await once(server, 'listening');
      proxy.port = (server.address() as AddressInfo).port;
    },
    sent: () => Buffer.concat(sent).toString(),
    interceptAnswer: (then, holding = '') => void (intercept = { take: then, holding }),
  };

  function putThrough(caller: Socket): void {
    const called = connect(proxy.target);
    called.on('error', () => undefined);
    pairs.add([caller, called]);
    caller.on('close', () => called.destroy());
    called.on('close', () => caller.destroy());
    caller.on('data', (part: Buffer) => void sent.push(part));
    caller.pipe(called);
    called.on('data', (part) => {
      if (intercept && part.includes(intercept.holding)) {
        intercept.take(part);
        intercept = null;
        caller.destroy();
      } else caller.write(part);
    });
  }

  function cutOff(): void {
    for (const pair of pairs) for (const socket of pair) socket?.destroy();
    pairs.clear();
  }

  await proxy.become('open');
  later(() => proxy.become('closed'));
  return proxy;
}

/** As when the machine at the other end has lost its power: nothing comes, not even an end. */
function hush([caller, called]: [Socket, Socket | null]): void {
  if (!called) return;
  caller.unpipe(called);
  caller.resume();
  called.removeAllListeners('data').removeAllListeners('close').resume();
}
