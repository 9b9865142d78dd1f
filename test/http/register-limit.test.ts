import { randomUUID } from 'node:crypto';
import { codes } from '../support/client';
import { enrol, issueToken, tryToRegister } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { readNode, wholeRoll } from '../enrolment/roll';

let server: TestServer;
afterEach(() => server.stop());

const limited = (registrationsPerMinute: number, more: Parameters<typeof startServer>[0] = {}) =>
  startServer({ limits: { registrationsPerMinute }, ...more });

async function post(body: Record<string, unknown>, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/api/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ hostname: `host-${randomUUID()}`, ...body }),
  });
  const told = (await response.json()) as { node_id: string; error: { code: string; message: string } };
  return { status: response.status, headers: response.headers, ...told };
}

const from = (address: string) => ({ 'x-forwarded-for': address });

/** The same said in every way that proxies have. */
const fromAll = (address: string) => ({
  ...from(address),
  'x-real-ip': address,
  'x-client-ip': address,
  'cf-connecting-ip': address,
  'true-client-ip': address,
  forwarded: `for=${address}`,
});

test('attempts by GraphQL and by the plain route are counted together, good or bad, and refused beyond the limit', async () => {
  server = await limited(4);
  const { secret } = await issueToken(server.admin, { maxUses: 10 });
  expect((await post({ token: secret })).status).toBe(201);
  expect((await post({ token: 'rct_wrong' })).status).toBe(401);
  expect(codes(await tryToRegister(server.anonymous, secret))).toEqual([]);
  expect(codes(await tryToRegister(server.anonymous, 'rct_wrong'))).toEqual(['TOKEN_INVALID']);
  const before = await wholeRoll(server.database);
  const refused = await post({ token: secret });
  expect([refused.status, refused.error.code]).toEqual([429, 'RATE_LIMITED']);
  const seconds = Number(refused.headers.get('retry-after'));
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(refused.error.message).toBe(`Too many attempts. Try again in ${seconds} s.`);
  const { errors } = await tryToRegister(server.anonymous, secret);
  expect(errors[0]!.extensions).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
  // Whoever is limited is told so, whatever else is wrong.
  expect((await post({ token: 'rct_wrong', hostname: 'no spaces' })).status).toBe(429);
  expect(await wholeRoll(server.database)).toEqual(before);
});

test('an administrator who issues tokens is not counted', async () => {
  server = await limited(1);
  for (let count = 0; count < 3; count++) await issueToken(server.admin);
  await expect(enrol(server.admin)).resolves.toBeDefined();
});

describe('the address of an attempt', () => {
  test('is that of the connection, whatever a header says, without trusted proxies', async () => {
    server = await limited(2);
    const { secret } = await issueToken(server.admin, { maxUses: 10 });
    const { node_id } = await post({ token: secret }, fromAll('203.0.113.1'));
    expect((await readNode(server.viewer, node_id)).address).toBe('127.0.0.1');
    expect((await post({ token: secret }, fromAll('203.0.113.2'))).status).toBe(201);
    expect((await post({ token: secret }, fromAll('203.0.113.3'))).status).toBe(429);
    const told = await server.database.query('SELECT DISTINCT remote_address FROM audit_event');
    expect(told).toEqual([{ remote_address: '127.0.0.1' }]);
  });

  test('is what a trusted proxy says, counted for itself', async () => {
    server = await limited(1, { trustedProxies: ['127.0.0.1'] });
    const { secret } = await issueToken(server.admin, { maxUses: 10 });
    const { node_id } = await post({ token: secret }, from('203.0.113.1'));
    expect((await readNode(server.viewer, node_id)).address).toBe('203.0.113.1');
    expect((await post({ token: secret }, from('203.0.113.1'))).status).toBe(429);
    // What the caller itself has put before is not believed.
    expect((await post({ token: secret }, from('198.51.100.1, 203.0.113.1'))).status).toBe(429);
    expect((await post({ token: secret }, from('203.0.113.2'))).status).toBe(201);
  });

  test.each([
    ['in capitals', '2001:DB8::1'],
    ['at full length', '2001:0db8:0000:0000:0000:0000:0000:0001'],
  ])('is the same address however it is spelt: %s', async (_, spelt) => {
    server = await limited(1, { trustedProxies: ['127.0.0.1'] });
    const { secret } = await issueToken(server.admin, { maxUses: 10 });
    const { node_id } = await post({ token: secret }, from(spelt));
    expect((await readNode(server.viewer, node_id)).address).toBe('2001:db8::1');
    expect((await post({ token: secret }, from('2001:db8::1'))).status).toBe(429);
    expect((await post({ token: secret }, from('2001:db8::2'))).status).toBe(201);
  });

  test('is told as IPv4 when it is one in the clothes of IPv6', async () => {
    server = await limited(1, { trustedProxies: ['127.0.0.1'] });
    const { secret } = await issueToken(server.admin, { maxUses: 10 });
    const { node_id } = await post({ token: secret }, from('::ffff:203.0.113.1'));
    expect((await readNode(server.viewer, node_id)).address).toBe('203.0.113.1');
    expect((await post({ token: secret }, from('203.0.113.1'))).status).toBe(429);
  });
});
