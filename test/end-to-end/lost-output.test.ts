import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { CredentialKind, makeCredential } from '../../src/access/credential';
import { eventually } from '../database/embedded/data-folders';
import { openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

it('An agent whose reader of output is gone goes on', async () => {
  let calls = 0;
  const deaf = createServer((caller) => {
    calls += 1;
    caller.on('error', () => undefined).destroy();
  }).listen(0, '127.0.0.1');
  stage.later(() => deaf.close());
  await new Promise((resolve) => deaf.once('listening', resolve));
  const configFile = path.join(stage.folder(), 'config.yml');
  const { port } = deaf.address() as AddressInfo;
  const { text: key } = makeCredential(CredentialKind.AGENT_KEY);
  writeFileSync(configFile, `central: { api_url: "http://127.0.0.1:${port}", api_key: ${key} }\n`);

  const agent = stage.start(['agent', '--config', configFile]);
  agent.child.stdout!.destroy();
  agent.child.stderr!.destroy();
  // What it says of the first failure finds nobody; by the third call it has outlived that.
  await eventually(async () => calls >= 3);

  await expect(agent.kill('SIGTERM')).resolves.toBe(0);
});

it('A secret that stdout does not take is a failure that names the key to rotate, and leaves no stack trace', async () => {
  const dataDir = stage.folder();
  const server = await stage.serve(dataDir);
  const issue = stage.start(['key', 'issue', '--name', 'lost', '--role', 'viewer'], {
    ROLLCALL_URL: server.url,
    ROLLCALL_DATA_DIR: dataDir,
  });
  issue.child.stdout!.destroy();
  await expect(issue.ended).resolves.toBe(1);
  expect(issue.errors()).toMatch(
    /rollcall: The key (\w{12}) was made, .*nobody has it now\. Run: rollcall key rotate \1\n$/,
  );
});
