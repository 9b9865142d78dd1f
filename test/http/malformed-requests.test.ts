import { once } from 'node:events';
import { connect } from 'node:net';
import { startServer, type TestServer } from '../support/server';

const CANARY = 'kanarienvogel';
const QUERY = '{"query":"{ version { version } }"}';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

/** Sends lines as they are; clients would not. Gives the status and the body. */
async function send(lines: string[], body = ''): Promise<{ status: number; text: string }> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(`${[...lines, 'Connection: close', `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`);
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  await once(socket, 'close');
  const [head = '', text = ''] = received.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), text };
}

describe('an operation is answered whatever the request says of its host', () => {
  test.each(['Host: [', 'Host: a b', 'Host: 100%', 'Host:', 'Host: a:99999'])('%s', async (host) => {
    const { status, text } = await send(['POST /graphql HTTP/1.1', host, 'Content-Type: application/json'], QUERY);
    expect([status, JSON.parse(text)]).toEqual([200, { data: { version: { version: expect.any(String) } } }]);
  });

  test('and when it says nothing, as HTTP/1.0 lets it', async () => {
    const { status } = await send(['POST /graphql HTTP/1.0', 'Content-Type: application/json'], QUERY);
    expect(status).toBe(200);
  });

  test('by GET, also with an address that names a host', async () => {
    const search = new URLSearchParams({ query: '{ version { version } }' }).toString();
    for (const start of ['', 'http://elsewhere.example']) {
      const line = `GET ${start}/graphql?${search} HTTP/1.1`;
      expect((await send([line, 'Host: [', 'Apollo-Require-Preflight: yes'])).status).toBe(200);
    }
  });
});

test.each([`/%zz${CANARY}`, `/graphql/%${CANARY}`, `http://[/${CANARY}`])(
  'an address that cannot be read, such as %s, is refused in our form, and not repeated',
  async (address) => {
    const { status, text } = await send([`GET ${address} HTTP/1.1`, 'Host: a']);
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { error: { code: 'BAD_REQUEST', message: 'The address is malformed.', request_id: expect.any(String) } },
    ]);
    expect(text).not.toContain(CANARY);
  },
);
