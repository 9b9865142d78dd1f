import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { until } from './agent-run';
import { askingAgent, requested } from './approval-script';
import { synced, type Step } from './scripted-server';

jest.setTimeout(60_000);

let child: ChildProcess;

// Before what the agent's home is removed by: a child that lives on would write to it.
afterEach(killed);

const agent = askingAgent();
const withheld: Step = () => undefined;

/** A process of its own, so that it can be killed in the middle of a step. */
function runAgent(): void {
  const main = path.join(__dirname, '../../src/main.ts');
  const words = ['--import', 'tsx', main, 'agent', '--config', agent.home.configFile];
  child = spawn(process.execPath, words, { cwd: path.join(__dirname, '../..'), stdio: 'ignore' });
}

async function killed(): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test.each([
  ['its first request is not answered', [withheld], 1],
  ['it waits for an administrator', [requested('PENDING', { pollAfterSeconds: 3_600 })], 1],
  ['its approval is not answered', [requested('PENDING', { pollAfterSeconds: 1 }), withheld], 2],
])(
  'killed while %s, the agent asks with the same key, and works with it when it is approved',
  async (_when, steps, calls) => {
    await agent.serve([...steps, requested('APPROVED'), synced()]);
    runAgent();
    await until(() => agent.server.calls.length === calls, 20_000);
    const key = agent.pendingKey();
    await killed();
    runAgent();
    await until(() => agent.server.calls.length === calls + 2, 20_000);
    const [first, ...others] = agent.requests().map(({ input }) => input);
    expect(others).toEqual(others.map(() => first));
    expect(agent.server.calls.at(-1)?.authorization).toBe(`Bearer ${key}`);
    expect(agent.home.state()).toMatchObject({ key, pending: null });
  },
);

test('killed when it is approved and has not synced yet, the agent does not ask again', async () => {
  await agent.serve([requested('APPROVED'), withheld, synced()]);
  runAgent();
  await until(() => agent.server.calls.length === 2, 20_000);
  await killed();
  runAgent();
  await until(() => agent.server.calls.length === 3, 20_000);
  expect(agent.requests()).toHaveLength(1);
  const [, first, second] = agent.server.calls;
  expect(second?.authorization).toBe(first?.authorization);
});
