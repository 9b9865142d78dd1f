import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { CHAIN_LOCK } from '../src/audit/chain';
import { poster } from './post';
import { interleaved, median, repeat } from './rounds';
import { startStage } from './stage';

// What the audit chain costs: registrations a second with the chainer at work against the same while it is kept from working, in
// the same run. Goal: at least 0.9.

const ROUNDS = 11;
const ROUND_MS = 1500;
const CONNECTIONS = 16;
const ISSUE = `mutation { issueRegistrationToken(input: { maxUses: 10000, ttl: "1h" }) { secret } }`;
const REGISTER = `mutation ($token: String!, $name: String!) { registerAgent(input: { token: $token, node: { name: $name } }) { agentId } }`;

/** What a round without the chainer left waiting must not be paid for by the next round. */
async function drained(client: Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ waiting: string }>('SELECT count(*) AS waiting FROM audit_unchained');
    if (rows[0]!.waiting === '0') return;
    await delay(50);
  }
}

async function main(): Promise<void> {
  const stage = await startStage();
  const { post, close } = poster(stage.url, CONNECTIONS);
  const holder = new Client(stage.connection);
  await holder.connect();
  const round = async () => {
    // A token each, as in life: registrations with one token wait for each other.
    const tokens = await Promise.all(Array.from({ length: CONNECTIONS }, () => issue()));
    let next = 0;
    const started = performance.now();
    const done = await repeat(() => register(tokens[next++ % tokens.length]!), CONNECTIONS, ROUND_MS);
    return done / ((performance.now() - started) / 1000);
  };
  const issue = async () => {
    const { data } = await post(JSON.stringify({ query: ISSUE }), stage.adminKey);
    return (data['issueRegistrationToken'] as unknown as { secret: string }).secret;
  };
  const register = (token: string) =>
    post(JSON.stringify({ query: REGISTER, variables: { token, name: `bench-${randomUUID()}` } }));
  const variants = {
    chained: round,
    unchained: async () => {
      await holder.query(`SELECT pg_advisory_lock(${CHAIN_LOCK})`);
      try {
        return await round();
      } finally {
        await holder.query(`SELECT pg_advisory_unlock(${CHAIN_LOCK})`);
        await drained(holder);
      }
    },
  };
  await interleaved(variants, 2);
  const { chained, unchained } = await interleaved(variants, ROUNDS);
  await holder.end();
  await close();
  await stage.stop();
  console.log(`without the chain: ${median(unchained).toFixed(0)} registrations a second (median of ${ROUNDS} rounds)`);
  console.log(`with the chain:    ${median(chained).toFixed(0)}`);
  console.log(`ratio:             ${(median(chained) / median(unchained)).toFixed(2)} (goal: at least 0.9)`);
}

void main();
