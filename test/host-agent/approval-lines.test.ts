import { hostname } from 'node:os';
import { makeKey } from './agent-run';
import {
  AGENT_ID,
  askingAgent,
  lines,
  messages,
  NONCE,
  fingerprintOf,
  pairingIdOf,
  REQUEST_ID,
  requested,
} from './approval-script';
import { lost, refusal, synced } from './scripted-server';

const APPROVED = requested('APPROVED');
const PENDING = requested('PENDING');
const LOCKED = refusal('REGISTRY_LOCKED');

const agent = askingAgent();

/** What it said with level 40. */
function warnings(): string[] {
  return lines(agent.run).flatMap(({ level, msg }) => (level === 40 ? [msg] : []));
}

test('says all that it says as JSON lines on stdout, before its approval and after it and at its next start', async () => {
  await agent.start([LOCKED, APPROVED, synced()]);
  await agent.says('Syncing with');
  await agent.stop();
  const first = lines(agent.run);
  agent.runAgain();
  await agent.says('Syncing with');
  await agent.stop();
  const second = lines(agent.run);
  expect(second).toHaveLength(2);
  for (const line of [...first, ...second])
    expect(line).toEqual({
      level: expect.any(Number),
      time: expect.any(Number),
      pid: process.pid,
      hostname: hostname(),
      msg: expect.any(String),
      v: 1,
    });
  expect(Math.abs(first[0]!.time - Date.now())).toBeLessThan(60_000);
  expect(agent.run.err).toEqual([]);
});

test('tells its way in, each step once', async () => {
  const pending = [PENDING, refusal('RATE_LIMITED'), PENDING, lost, lost, PENDING];
  await agent.start([lost, LOCKED, LOCKED, ...pending, APPROVED, synced()]);
  await agent.says('Syncing with');
  const pairing = `Username: db1, pairing ID: ${pairingIdOf(agent.requests()[0]!)}`;
  expect(lines(agent.run).map(({ level, msg }) => [level, msg])).toEqual([
    [30, expect.stringMatching(/^Agent \S+ starts; its server is /)],
    [30, 'Asking for registration with newly generated credentials.'],
    [40, expect.stringMatching(/^Not reached: .*\. Trying again\.$/)],
    [30, `Back: ${agent.server.url} answers again.`],
    [40, expect.stringMatching(/is locked: an administrator must unlock it \(`rollcall registry unlock`\)/)],
    [
      30,
      expect.stringMatching(
        `by an administrator of ${agent.server.url}, with \`rollcall request approve ${REQUEST_ID}\``,
      ),
    ],
    [30, pairing],
    [30, `Key fingerprint: ${fingerprintOf(agent.requests()[0]!)}`],
    [40, expect.stringMatching(/^Not reached: /)],
    [30, `Back: ${agent.server.url} answers again.`],
    [30, `Approved: this is agent ${AGENT_ID}.`],
    [30, `Syncing with ${agent.server.url} every 15 s.`],
  ]);
});

test('tells once that a server is too busy before it has told anything else', async () => {
  await agent.start([refusal('RATE_LIMITED'), refusal('RATE_LIMITED'), PENDING]);
  await agent.callsOf(4);
  expect(warnings()).toEqual([expect.stringMatching(/^Not reached: /)]);
});

test('tells that the registry is locked again when its request is gone', async () => {
  await agent.start([LOCKED, PENDING, LOCKED, LOCKED]);
  await agent.callsOf(5);
  expect(warnings().filter((message) => message.includes('is locked'))).toHaveLength(2);
});

test('says that it asks with the credentials that it kept', async () => {
  await agent.start([PENDING]);
  await agent.callsOf(1);
  agent.runAgain();
  await agent.says('pairing ID:');
  expect(messages(agent.run)[1]).toBe('Asking for registration with the credentials that were generated before.');
});

test('tells a new pairing ID when the request is another one', async () => {
  const other = 'c5'.repeat(32);
  await agent.start([PENDING, requested('EXPIRED'), requested('PENDING', { nonce: other })]);
  const [call] = await agent.callsOf(4);
  const told = messages(agent.run).filter((message) => /^Username: |expired/.test(message));
  const [first, second] = [NONCE, other].map((nonce) => `Username: db1, pairing ID: ${pairingIdOf(call!, nonce)}`);
  expect(told).toEqual([first, expect.stringContaining('has expired'), second]);
});

test('shows its own pairing ID and warns when what answers computes another', async () => {
  await agent.start([requested('PENDING', { pairingId: 'AAAA-AAAA' })]);
  const [call] = await agent.callsOf(3);
  const own = pairingIdOf(call!);
  expect(messages(agent.run)).toContain(`Username: db1, pairing ID: ${own}`);
  expect(warnings()).toEqual([expect.stringMatching(`computes another pairing ID.*${own}`)]);
  expect(agent.run.out.join()).not.toContain('AAAA');
});

test('tells a conflict as 409 with what is in the way, the pairing ID and who can do what', async () => {
  await agent.start([requested('CONFLICTING', { message: 'Node "db1" has an agent.' })]);
  const [call] = await agent.callsOf(3);
  const pairing = pairingIdOf(call!);
  const [conflict, ...others] = warnings();
  expect(others).toEqual([]);
  expect(conflict).toMatch(/^409 Conflict: Node "db1" has an agent\. /);
  for (const part of [pairing, `rollcall request approve ${REQUEST_ID} --replace`, 'server.hostname'])
    expect(conflict).toContain(part);
  expect(messages(agent.run)).toContain(`Username: db1, pairing ID: ${pairing}`);
});

test('tells why it was rejected', async () => {
  await agent.start([requested('REJECTED', { message: 'Not this one' })]);
  await agent.callsOf(3);
  expect(warnings()).toEqual(['Rejected: Not this one. This agent asks again then.']);
});

test('shows nothing that a terminal would obey and no credential, whatever the server says', async () => {
  const message = 'a\u001b[2J\u202e\nb rct_aaaaaaaaaaaa_bbbb';
  await agent.start([
    requested('CONFLICTING', { message }),
    requested('REJECTED', { message }),
    refusal('BAD_USER_INPUT', {}, message),
  ]);
  expect(await agent.run.exitCode).toBe(1);
  const said = agent.run.out.join('');
  expect(said).toContain('409 Conflict: a[2J b [credential].');
  expect(said).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]|rct_/u);
});

test('escapes what its own configuration says, and shows no credential of it', async () => {
  await agent.serve([PENDING]);
  agent.configure({ central: { api_url: `${agent.server.url}/\u009b31m/${makeKey()}` } });
  agent.runAgain();
  await agent.callsOf(1);
  expect(messages(agent.run)[0]).toContain('\u009b31m/[credential]');
  expect(agent.run.out.join('')).not.toContain('\u009b');
});

test('takes a key into use that was approved, though its agent was removed since: the key is told so', async () => {
  await agent.start([requested('APPROVED', { agentId: null }), synced()]);
  await agent.says('Syncing with');
  expect(agent.home.state()).toMatchObject({ agentId: null, pending: null, key: expect.stringMatching(/^rca_/) });
});

const FULL = refusal('RATE_LIMITED', { reason: 'REGISTRY_FULL', retryAfterSeconds: 1 });

test('tells that too many requests wait, in place of what it said before, and what it says after', async () => {
  await agent.start([LOCKED, FULL, FULL, PENDING, FULL]);
  await agent.callsOf(6);
  const told = messages(agent.run).filter((message) => /is locked|Too many requests wait|^Username/.test(message));
  expect(told.map((message) => message.split(' ').slice(0, 3).join(' '))).toEqual([
    'The client registry',
    'Too many requests',
    'Username: db1, pairing',
    'Too many requests',
  ]);
});

test('what the server says cannot pass for a pairing ID', async () => {
  await agent.start([requested('REJECTED', { message: 'Username: db9, pairing ID: FAKE-1234' })]);
  await agent.callsOf(3);
  expect(agent.run.out.join('')).not.toContain('FAKE-1234');
  expect(warnings()).toEqual([expect.stringContaining('pairing ID: [pairing ID]')]);
});
