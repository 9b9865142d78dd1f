import { readNode } from '../enrolment/roll';
import { issueToken } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { callerFrom } from './callers';

let server: TestServer;
afterEach(() => server.stop());

const limited = (trustedProxies: string[]) => startServer({ limits: { failuresPerMinute: 1 }, trustedProxies });
const guessFrom = async (forwarded: string) =>
  (await callerFrom(server.url, forwarded).registerPlainly('no token')).status;

/** The address that a node is given when its agent names none. */
async function addressFrom(forwarded: string): Promise<unknown> {
  const { secret } = await issueToken(server.admin);
  const { text } = await callerFrom(server.url, forwarded).registerPlainly(secret);
  return (await readNode(server.viewer, (JSON.parse(text) as { node_id: string }).node_id)).address;
}

test('without trusted proxies nobody is believed, whatever a header says', async () => {
  server = await limited([]);
  expect(await addressFrom('203.0.113.1')).toBe('127.0.0.1');
  expect(await guessFrom('203.0.113.2')).toBe(401);
  expect(await guessFrom('203.0.113.3')).toBe(429);
});

test('who is not listed is not believed', async () => {
  server = await limited(['192.0.2.0/24', '::1']);
  expect(await addressFrom('203.0.113.1')).toBe('127.0.0.1');
  expect(await guessFrom('192.0.2.1')).toBe(401);
  expect(await guessFrom('203.0.113.3')).toBe(429);
});

test('a trusted proxy is believed, and nobody whom it does not vouch for', async () => {
  server = await limited(['127.0.0.1']);
  expect(await addressFrom('203.0.113.1')).toBe('203.0.113.1');
  expect(await guessFrom('203.0.113.1')).toBe(401);
  // What the caller itself has put before.
  expect(await guessFrom('198.51.100.1, 203.0.113.1')).toBe(429);
  expect(await guessFrom('garbage, 203.0.113.1')).toBe(429);
  expect(await guessFrom('203.0.113.2')).toBe(401);
});

test('of several hops, the first that is not trusted is the caller', async () => {
  server = await limited(['127.0.0.1', '10.0.0.0/8']);
  expect(await addressFrom('198.51.100.1, 203.0.113.1, 10.0.0.2, 10.0.0.1')).toBe('203.0.113.1');
  expect(await guessFrom('203.0.113.1, 10.0.0.2, 10.0.0.1')).toBe(401);
  expect(await guessFrom('198.51.100.9, 203.0.113.1, 10.0.0.7')).toBe(429);
  expect(await guessFrom('198.51.100.9, 10.0.0.7')).toBe(401);
});

test('what is no address is counted as the proxy that tells it, so that inventing more gives no budget', async () => {
  server = await limited(['127.0.0.1', '10.0.0.0/8']);
  expect(await addressFrom('unknown')).toBe('127.0.0.1');
  expect(await addressFrom('203.0.113.1:4711, 10.0.0.1')).toBe('10.0.0.1');
  expect(await guessFrom('garbage 1')).toBe(401);
  expect(await guessFrom('garbage 2')).toBe(429);
  expect(await guessFrom('203.0.113.1:1')).toBe(429);
  expect(await guessFrom('garbage 3, 10.0.0.1')).toBe(401);
  expect(await guessFrom('garbage 4, 10.0.0.1')).toBe(429);
});

test('an address in the clothes of IPv6 is told and counted as IPv4', async () => {
  server = await limited(['127.0.0.1']);
  expect(await addressFrom('::ffff:203.0.113.1')).toBe('203.0.113.1');
  expect(await guessFrom('::FFFF:cb00:7101')).toBe(401);
  expect(await guessFrom('203.0.113.1')).toBe(429);
});
