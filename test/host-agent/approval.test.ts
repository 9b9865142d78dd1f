import { hashSecret, parseCredential } from '../../src/access/credential';
import { startAgent, until } from './agent-run';
import { AGENT_ID, askingAgent, lines, messages, pairingIdOf, requested } from './approval-script';
import { lost, page, refusal, synced } from './scripted-server';

const APPROVED = requested('APPROVED');

const agent = askingAgent();

test('sends the facts, the public id and the hash of a key that is on the disk by then', async () => {
  const stored: string[] = [];
  await agent.start([
    (response, call) => {
      stored.push(agent.pendingKey());
      requested('PENDING')(response, call);
    },
  ]);
  const [call] = await agent.callsOf(1);
  const { publicId, secret } = parseCredential(stored[0]!)!;
  expect(call).toMatchObject({ operation: 'requestRegistration', authorization: undefined });
  expect(call?.input).toMatchObject({
    keyPublicId: publicId,
    keySecretHash: hashSecret(secret).toString('hex'),
    agentVersion: expect.any(String),
    node: { name: 'db1', region: 'eu-west', environment: 'RUN', os: expect.any(String) },
  });
  expect(agent.pendingKey()).toBe(stored[0]);
});

test('works on in the same process when it is approved, with the key that it asked for', async () => {
  await agent.start([requested('PENDING'), requested('PENDING'), APPROVED, synced()]);
  const calls = await agent.callsOf(5);
  expect(calls.map(({ operation }) => operation).slice(0, 4)).toEqual([
    'requestRegistration',
    'requestRegistration',
    'requestRegistration',
    'syncAgent',
  ]);
  const { key, ...state } = agent.home.state();
  expect(parseCredential(String(key))?.publicId).toBe(calls[0]?.input['keyPublicId']);
  expect(calls[3]?.authorization).toBe(`Bearer ${String(key)}`);
  expect(state).toMatchObject({ agentId: AGENT_ID, pending: null });
  expect(state['firstKeyFingerprint']).toBe(hashSecret(String(key)).toString('hex'));
});

test('asks with the same key after it was stopped, and asks no more after it was approved', async () => {
  let answer = requested('PENDING');
  await agent.start([synced()], { requestRegistration: [(response, call) => answer(response, call)] });
  await until(() => agent.requests().length > 1);
  await agent.stop();
  answer = APPROVED;
  agent.runAgain();
  await agent.callsOf(1);
  const [first, ...others] = agent.requests().map(({ input }) => input);
  expect(others).toEqual(others.map(() => first));
  agent.runAgain();
  await agent.callsOf(agent.server.calls.length + 1);
  expect(agent.requests()).toHaveLength(others.length + 1);
  expect(messages(agent.run).join()).not.toMatch(/registration|Approved/);
});

test('asks with a new key when the node has another name since, under which the former one was not asked for', async () => {
  await agent.start([requested('CONFLICTING')]);
  await agent.callsOf(1);
  const former = agent.server.calls.length;
  agent.configure({ server: { hostname: 'db2' } });
  agent.runAgain();
  await agent.says('Username: db2');
  const [first, second] = [0, former].map((index) => agent.server.calls[index]!);
  expect(second!.input).toMatchObject({ node: { name: 'db2' } });
  expect(second!.input['keyPublicId']).not.toBe(first!.input['keyPublicId']);
  expect(messages(agent.run)).toContain(`Username: db2, pairing ID: ${pairingIdOf(second!)}`);
});

test.each([
  ['a page of a proxy', page(404), 1, 'not a Rollcall server'],
  ['an answer with a nonce that is none', requested('PENDING', { nonce: 'x' }), 1, 'not a Rollcall server'],
  ['an id that is none', requested('PENDING', { requestId: '$(reboot)' }), 1, 'not a Rollcall server'],
  ['an id that is an option', requested('PENDING', { requestId: '--help' }), 1, 'not a Rollcall server'],
  [
    'a fact that is refused',
    refusal('BAD_USER_INPUT', { fields: [{ path: 'input.node.name', message: 'is odd' }] }),
    1,
    'input.node.name: is odd (BAD_USER_INPUT); correct what is named, in the configuration',
  ],
  ['an error of the server', refusal('INTERNAL_SERVER_ERROR'), 1, 'the server’s log tells more'],
  ['what only a token is refused with', refusal('CONFLICT'), 1, 'the server’s log tells more'],
])('ends with one line of level 50 after %s', async (_what, step, exitCode, told) => {
  await agent.start([step]);
  expect(await agent.run.exitCode).toBe(exitCode);
  expect(agent.server.calls).toHaveLength(1);
  const last = lines(agent.run).at(-1);
  expect(last).toMatchObject({ level: 50, msg: expect.stringContaining(told) });
  expect(last?.msg).not.toMatch(/token/);
  expect(lines(agent.run).filter(({ level }) => level === 50)).toHaveLength(1);
  expect(agent.run.err).toEqual([]);
});

test('needs --register for a token, and without a token says that it can do without --register', async () => {
  await agent.serve([APPROVED]);
  const run = startAgent(agent.home, { register: true });
  expect(await run.exitCode).toBe(2);
  expect(run.err).toEqual([expect.stringMatching(/no registration token.*Without --register the agent asks/)]);
  expect(run.out).toEqual([]);
  agent.configure({ registration: { token: 'rct_x' } });
  agent.runAgain();
  expect(await agent.run.exitCode).toBe(2);
  expect(agent.run.err).toEqual([expect.stringContaining('--register')]);
  expect(agent.server.calls).toEqual([]);
});

test('sends no part of its secret before it syncs, and says none ever', async () => {
  const steps = [lost, refusal('REGISTRY_LOCKED'), requested('PENDING'), requested('CONFLICTING'), APPROVED];
  await agent.start([...steps, synced()]);
  const calls = await agent.callsOf(steps.length + 1);
  const { secret } = parseCredential(String(agent.home.state()['key']))!;
  const parts = Array.from({ length: secret.length - 5 }, (_, start) => secret.slice(start, start + 6));
  const before = calls.slice(0, steps.length).map(({ text }) => text);
  const leaks = (texts: string[]): string[] => parts.filter((part) => texts.join('\n').includes(part));
  expect(leaks(before)).toEqual([]);
  expect(leaks([...agent.run.out, ...agent.run.err])).toEqual([]);
  expect(leaks([calls[steps.length]!.text])).toEqual(parts);
});
