import { dataOf } from '../support/client';
import { startServer, type TestServer } from '../support/server';
import { findingText, fuzz } from './fuzz';
import { prepareTarget } from './target';
import { CANARY, CREDENTIAL } from './values';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test('hostile requests are all answered soon, as JSON with a known code, and not repeated in answers or the log', async () => {
  const target = await prepareTarget(server.url, server.keys.ADMIN);
  const { findings, statuses } = await fuzz({ ...target, url: server.url, seed: 1, from: 0, cases: 1500 });
  expect(findings.map(findingText)).toEqual([]);
  // Some come through, and the rest is refused for different reasons.
  expect(Object.keys(statuses)).toEqual(expect.arrayContaining(['200', '400', '401', '413']));
  expect(dataOf(await server.viewer('{ caller { role } }'))).toEqual({ caller: { role: 'VIEWER' } });
  const log = server.log.join('\n');
  for (const canary of [CANARY, CREDENTIAL.slice(0, 16)]) expect(log).not.toContain(canary);
}, 120_000);
