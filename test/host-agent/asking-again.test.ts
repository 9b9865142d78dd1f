import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseCredential } from '../../src/access/credential';
import { makeKey, until } from './agent-run';
import { AGENT_ID, askingAgent, lines, pairingIdOf, REQUEST_ID, requested } from './approval-script';
import { refusal, synced, type Step } from './scripted-server';

const APPROVED = requested('APPROVED');

const agent = askingAgent();

function refused(reason: string): Step {
  return refusal('UNAUTHENTICATED', { reason });
}

/** Files beside state.json that hold a former state. */
function copies(): string[] {
  const folder = path.dirname(agent.home.stateFile);
  const names = readdirSync(folder).filter((name) => /^state-[0-9a-f]{12}\.json$/.test(name));
  return names.map((name) => path.join(folder, name));
}

test.each(['KEY_EXPIRED', 'KEY_REVOKED', 'KEY_ROTATED', 'AGENT_REMOVED'])(
  'asks again with a new key after %s, in the same process, and keeps the former state',
  async (reason) => {
    const kept: string[][] = [];
    const look: Step = (response, call) => {
      kept.push(copies());
      requested('CONFLICTING')(response, call);
    };
    await agent.start([APPROVED, synced(), refused(reason), look, APPROVED, synced()]);
    const calls = await agent.callsOf(7);
    const [first, second, third] = agent.requests().map(({ input }) => input['keyPublicId']);
    expect(calls[2]?.authorization).toContain(`rca_${String(first)}_`);
    expect(second).not.toBe(first);
    expect(third).toBe(second);
    expect(calls[5]?.authorization).toContain(`rca_${String(second)}_`);
    // A run of its own, as after an enrolment: nothing is told of the former one.
    expect(calls[5]?.input).not.toHaveProperty('previousBootId');
    const [copy, ...others] = kept[0]!;
    expect(others).toEqual([]);
    expect(JSON.parse(readFileSync(copy!, 'utf8')).key).toContain(String(first));
    expect(statSync(copy!).mode & 0o777).toBe(0o600);
    const told = lines(agent.run).filter(({ level }) => level === 40);
    expect(told.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(`refuses the key for good \\(${reason}\\): asking for registration again; .* ${copy}\\.$`),
      expect.stringMatching(
        `^409 Conflict: .*${pairingIdOf(calls[3]!)}.*rollcall request approve ${REQUEST_ID} --replace`,
      ),
    ]);
    expect(agent.home.state()).toMatchObject({ agentId: AGENT_ID, pending: null });
  },
);

test('is not made to ask without end by a server that approves and refuses in turn', async () => {
  await agent.start(Array.from({ length: 12 }, () => [APPROVED, refused('KEY_REVOKED')]).flat());
  await until(() => agent.run.waits.length >= 10);
  await agent.stop();
  const waits = agent.run.waits.slice(5, 10);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(15_000);
});

test('asks with the key that it made before, when it is started again in between', async () => {
  await agent.start([APPROVED, refused('KEY_REVOKED'), requested('PENDING')]);
  await agent.callsOf(3);
  const pending = agent.pendingKey();
  agent.runAgain();
  const calls = await agent.callsOf(agent.server.calls.length + 1);
  expect(calls.at(-1)?.input['keyPublicId']).toBe(parseCredential(pending)!.publicId);
});

/** The one line with which the agent ends; it must be the last one and say nothing of tokens. */
async function lastWords(): Promise<string> {
  expect(await agent.run.exitCode).toBe(4);
  const failures = lines(agent.run).filter(({ level }) => level === 50);
  expect(failures).toEqual([lines(agent.run).at(-1)]);
  expect(failures[0]?.msg).not.toMatch(/token|--register/);
  return failures[0]!.msg;
}

test('ends with exit code 4 when another agent has its place', async () => {
  await agent.start([APPROVED, synced(), refused('AGENT_REPLACED')]);
  expect(await lastWords()).toMatch(/\(AGENT_REPLACED\): stop this one; .* move .*state\.json away/);
  expect(agent.requests()).toHaveLength(1);
});

test('ends with exit code 4 when its key is no agent’s key', async () => {
  await agent.start([APPROVED, refusal('FORBIDDEN')]);
  expect(await lastWords()).toMatch(/not an agent’s key: .* move .*state\.json away/);
  expect(agent.requests()).toHaveLength(1);
});

test.each(['KEY_EXPIRED', 'KEY_REVOKED', 'KEY_ROTATED', 'AGENT_REMOVED'])(
  'with registration.re_register false, ends with exit code 4 and the remedy after %s',
  async (reason) => {
    await agent.serve([APPROVED, synced(), refused(reason)]);
    agent.configure({ registration: { re_register: false } });
    agent.runAgain();
    expect(await lastWords()).toMatch(new RegExp(`\\(${reason}\\): .*(move .*state\\.json away|central\\.api_key)`));
    expect(agent.requests()).toHaveLength(1);
    expect(copies()).toEqual([]);
  },
);

test('an agent that has its key from its configuration ends as ever', async () => {
  await agent.serve([refused('KEY_REVOKED')]);
  agent.configure({ central: { api_url: agent.server.url, api_key: makeKey() }, registration: { re_register: true } });
  agent.runAgain();
  expect(await agent.run.exitCode).toBe(4);
  expect(agent.run.err).toEqual([expect.stringContaining('registration token')]);
  expect(agent.run.out).toEqual([]);
});

test('a key that the server does not know is tried on, and what else there is to do is told', async () => {
  await agent.start([APPROVED, synced(), refusal('UNAUTHENTICATED')]);
  await agent.says('state.json');
  const lost = lines(agent.run).filter(({ msg }) => msg.startsWith('Lost: '));
  expect(lost).toMatchObject([
    { level: 40, msg: expect.stringMatching(/every 5 minutes.*state\.json away.*ask anew/) },
  ]);
  expect(agent.requests()).toHaveLength(1);
});
