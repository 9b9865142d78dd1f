import { startServer, type TestServer } from '../support/server';

/** Every route of plain HTTP, written by hand, and what the anonymous is told there with an empty object. */
const ROUTES: [method: string, path: string, status: number][] = [
  ['GET', '/healthz', 200],
  ['GET', '/readyz', 200],
  ['GET', '/v1/readyz', 200],
  ['GET', '/v1/version', 401],
  ['GET', '/api/v1/prometheus/sd', 401],
  ['GET', '/metrics', 401],
  ['POST', '/api/v1/register', 400],
  ['GET', '/graphql', 200],
  ['POST', '/graphql', 400],
];

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test('there are no routes but these, and the files of the playground', () => {
  const printed = server.app.printRoutes({ commonPrefix: false }).matchAll(/ (\S+) \(([A-Z, ]+)\)/g);
  const found = [...printed].flatMap(([, path, methods]) => methods!.split(', ').map((method) => `${method} ${path}`));
  const own = found.filter((route) => !/^(?:HEAD|OPTIONS) | \*$/.test(route));
  expect(own.toSorted()).toEqual(ROUTES.map(([method, path]) => `${method} ${path}`).toSorted());
});

test.each(ROUTES)('the anonymous is told by %s %s: %i', async (method, path, status) => {
  const body = method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {};
  expect((await fetch(server.url + path, { method, ...body })).status).toBe(status);
});
