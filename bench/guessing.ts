import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { poster, type Post } from './post';
import { interleaved, median } from './rounds';
import { startStage, type Stage } from './stage';

// What guessing costs others: the p99 of agents' syncs while tokens and keys are guessed from the same address, against the same without, in the same run. Goal: within 2.

/** Of whoever guesses, seconds a round, and rounds; others may be given. A hundred connections make some hundred guesses a second, more than 10,000 in the default run. */
const [CONNECTIONS = 100, ROUND_SECONDS = 15, ROUNDS = 7] = process.argv.slice(2).map(Number);
const ROUND_MS = ROUND_SECONDS * 1000;
const AGENTS = 50;
const SYNC_EVERY_MS = 10;

const ISSUE = `mutation { issueRegistrationToken(input: { maxUses: ${AGENTS}, ttl: "1h" }) { secret } }`;
const REGISTER = `mutation ($token: String!, $name: String!) { registerAgent(input: { token: $token, node: { name: $name } }) { secret } }`;
const SYNC = `mutation ($bootId: UUID!) { syncAgent(input: { bootId: $bootId }) { syncAfterSeconds } }`;

async function main(): Promise<void> {
  const stage = await startStage();
  const { post, close } = poster(stage.url, AGENTS);
  const agents = await enrolAgents(stage, post);
  const guesser = fork(path.join(__dirname, 'guesser.ts'), [stage.url, String(CONNECTIONS)]);
  const told: Record<string, number> = {};
  const variants = {
    alone: () => p99(agents),
    guessing: async () => {
      const [result, codes] = await Promise.all([p99(agents), guessFor(guesser, ROUND_MS)]);
      for (const [code, count] of Object.entries(codes)) told[code] = (told[code] ?? 0) + count;
      return result;
    },
  };
  await interleaved(variants, 1);
  const { alone, guessing } = await interleaved(variants, ROUNDS);
  guesser.kill();
  await close();
  await stage.stop();
  console.log(`guesses of ${CONNECTIONS} connections, by answer: ${JSON.stringify(told)}`);
  console.log(
    `p99 of a sync alone:         ${median(alone).toFixed(1)} ms (median of ${ROUNDS} rounds: ${list(alone)})`,
  );
  console.log(`while somebody is guessing:  ${median(guessing).toFixed(1)} ms (${list(guessing)})`);
  console.log(`ratio:                       ${(median(guessing) / median(alone)).toFixed(2)} (goal: at most 2)`);
}

/** The next sync of one agent. */
type Sync = () => Promise<unknown>;

async function enrolAgents({ adminKey }: Stage, post: Post): Promise<Sync[]> {
  const { data } = await post(JSON.stringify({ query: ISSUE }), adminKey);
  const { secret: token } = data['issueRegistrationToken'] as unknown as { secret: string };
  const agents: Sync[] = [];
  for (let index = 0; index < AGENTS; index++) {
    const variables = { token, name: `agent-${index}` };
    const answer = await post(JSON.stringify({ query: REGISTER, variables }));
    const { secret } = answer.data['registerAgent'] as unknown as { secret: string };
    const body = JSON.stringify({ query: SYNC, variables: { bootId: randomUUID() } });
    agents.push(() => post(body, secret));
  }
  return agents;
}

/**
 * The 99th percentile of how long syncs of a round take, in ms. One begins every so often whether or not the last was answered, and
 * counts from when it was due: a server that stands still is measured as that.
 */
async function p99(agents: readonly Sync[]): Promise<number> {
  const started = performance.now();
  const syncs: Promise<number>[] = [];
  for (let due = started; due < started + ROUND_MS; due += SYNC_EVERY_MS) {
    await delay(Math.max(0, due - performance.now()));
    const sync = agents[syncs.length % agents.length]!;
    syncs.push(sync().then(() => performance.now() - due));
  }
  const sorted = (await Promise.all(syncs)).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)]!;
}

async function guessFor(guesser: ChildProcess, milliseconds: number): Promise<Record<string, number>> {
  guesser.send(milliseconds);
  const [told] = (await once(guesser, 'message')) as [Record<string, number>];
  return told;
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(0)).join(', ');
}

void main();
