import { askingAgent, messages, requested } from './approval-script';
import { lost, page, refusal, synced, type Step } from './scripted-server';

const APPROVED = requested('APPROVED');

const agent = askingAgent();

function times(count: number, step: Step): Step[] {
  return Array.from({ length: count }, () => step);
}

/** The waits of an agent that meets these steps and is approved then, in seconds. */
async function waitsOf(...steps: Step[]): Promise<number[]> {
  await agent.start([...steps, APPROVED, synced()]);
  await agent.callsOf(steps.length + 2);
  return agent.run.waits.slice(0, steps.length).map((milliseconds) => milliseconds / 1_000);
}

/** The waits that are no back-off: one doubles from one second, each wait somewhere between half and the whole. */
function outsideBackOff(waits: number[], longest: number): number[] {
  return waits.filter((wait, index) => {
    const whole = Math.min(2 ** index, longest);
    return wait < whole / 2 || wait > whole;
  });
}

test('waits while the registry is locked, never for longer than 4 s, without end', async () => {
  expect(outsideBackOff(await waitsOf(...times(60, refusal('REGISTRY_LOCKED'))), 4)).toEqual([]);
});

test('comes back soon to a locked registry after a long outage', async () => {
  const waits = await waitsOf(...times(7, lost), refusal('REGISTRY_LOCKED'));
  expect(waits.at(-1)).toBeLessThanOrEqual(4);
});

test.each([
  ['unreachable', lost],
  ['unavailable', refusal('UNAVAILABLE')],
  ['too busy', refusal('RATE_LIMITED')],
])('waits while the server is %s, never for longer than 30 s, without end', async (_state, step) => {
  expect(outsideBackOff(await waitsOf(...times(20, step)), 30)).toEqual([]);
});

test('waits without the patience that a registration by token has', async () => {
  await agent.serve([...times(20, refusal('UNAVAILABLE', { retryAfterSeconds: 3_600 })), APPROVED, synced()]);
  agent.runAgain();
  await agent.callsOf(22);
  expect(agent.run.waits.slice(0, 20)).toEqual(times(20, lost).map(() => 3_600_000));
});

test.each(['REGISTRY_LOCKED', 'RATE_LIMITED', 'UNAVAILABLE'])(
  'waits after %s for as long as it is asked to, as far as that can be meant',
  async (code) => {
    const [asked, absurd] = await waitsOf(
      ...[42, 1e9].map((retryAfterSeconds) => refusal(code, { retryAfterSeconds })),
    );
    expect([asked, absurd]).toEqual([42, 3_600]);
  },
);

test.each([
  ['PENDING', 10, 10],
  ['CONFLICTING', 7, 7],
  ['REJECTED', 300, 300],
  ['EXPIRED', 2, 2],
  ['PENDING', -5, 1],
  ['PENDING', 1e9, 3_600],
])('asks again after %s and "%d s" in %d s and a little more, at random', async (state, pollAfterSeconds, meant) => {
  const waits = await waitsOf(...times(10, requested(state, { pollAfterSeconds })));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(meant);
  expect(Math.max(...waits)).toBeLessThanOrEqual(meant * 1.1);
  expect(new Set(waits).size).toBeGreaterThan(5);
});

test('takes a new key when the server cannot take this one, at once, and without haste when it takes none', async () => {
  const fields = [{ path: 'input.keyPublicId', message: 'Another key has this public id.' }];
  const waits = await waitsOf(...times(6, refusal('BAD_USER_INPUT', { fields })));
  expect(waits[0]).toBe(0);
  expect(outsideBackOff(waits.slice(1), 30)).toEqual([]);
  const keys = agent.requests().map(({ input }) => input['keyPublicId']);
  expect(new Set(keys).size).toBe(7);
  expect(agent.server.calls[7]?.authorization).toContain(`Bearer rca_${String(keys[6])}_`);
  expect(messages(agent.run).filter((message) => message.includes('Another key has this public id'))).toHaveLength(6);
  expect(messages(agent.run).filter((message) => message.includes('newly generated credentials'))).toHaveLength(7);
});

test.each([
  ['a proxy in its place', page(404)],
  ['an error that nobody foresaw', refusal('INTERNAL_SERVER_ERROR')],
])('waits on when %s answers after the server once did', async (_what, step) => {
  expect(outsideBackOff((await waitsOf(requested('PENDING'), ...times(8, step))).slice(1), 30)).toEqual([]);
});

test('ends when something else answers from the beginning: the address may be wrong', async () => {
  await agent.start([page(404)]);
  expect(await agent.run.exitCode).toBe(1);
});
