import { serverAudits } from 'graphql-http';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

/** Without it, what a page of another site could send is refused, and some audits send such. */
const PREFLIGHT = { 'apollo-require-preflight': 'yes' };

const audits = serverAudits({
  url: () => `${server.url}/graphql`,
  // Some read the schema, which needs a key.
  fetchFn: (url: string, options: RequestInit = {}) => {
    const headers = new Headers({ ...PREFLIGHT, authorization: `Bearer ${server.keys.VIEWER}` });
    for (const [name, value] of new Headers(options.headers)) headers.set(name, value);
    return fetch(url, { ...options, headers });
  },
});

test('there are 61 audits', () => {
  expect(audits).toHaveLength(61);
});

test.each(audits)('the audit $id passes: the server $name', async ({ fn }) => {
  const result = await fn();
  expect({ ...result, response: undefined }).toMatchObject({ status: 'ok' });
});

describe('what a page of another site can send without asking first', () => {
  const QUERY = '{ version { version } }';

  test.each([
    ['text/plain', JSON.stringify({ query: QUERY }), 400],
    ['application/x-www-form-urlencoded', new URLSearchParams({ query: QUERY }).toString(), 415],
    [
      'multipart/form-data; boundary=x',
      `--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n${QUERY}\r\n--x--`,
      415,
    ],
  ])('by POST as %s is refused', async (type, body, status) => {
    const request = fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': type }, body });
    expect(await answerOf(request)).toEqual([status, { errors: [expect.anything()] }]);
  });

  test('by GET is refused, and taken with a header that only who may ask can send', async () => {
    const url = `${server.url}/graphql?${new URLSearchParams({ query: QUERY }).toString()}`;
    expect(await answerOf(fetch(url))).toEqual([400, { errors: [expect.anything()] }]);
    const asked = fetch(url, { headers: PREFLIGHT });
    expect(await answerOf(asked)).toEqual([200, { data: { version: expect.anything() } }]);
  });
});

async function answerOf(request: Promise<Response>): Promise<unknown[]> {
  const response = await request;
  return [response.status, await response.json()];
}
