import { once } from 'node:events';
import { startServer, testConfig } from '../support/server';
import { temporaryFolder } from '../support/process';
import { rawClient } from './raw-client';
import { selfSignedFiles } from './self-signed-files';

test('a server that cuts all its connections, as when its stop takes too long, cuts those that are not through their handshake, too', async () => {
  const folder = temporaryFolder();
  const server = await startServer({
    tls: { ...selfSignedFiles(folder.path), minVersion: 'TLSv1.2' },
    timeouts: { ...testConfig().timeouts, headersSeconds: 300 },
  });
  const connected = once(server.app.server, 'connection');
  const silent = rawClient(server.url.replace('http:', 'https:'), { handshake: false });
  await connected;

  server.app.server.closeAllConnections();

  // Its handshake has five minutes.
  expect(await silent.ended).toBeLessThan(60_000);
  await server.stop();
  folder.remove();
});
