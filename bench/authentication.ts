import { poster } from './post';
import { interleaved, median, repeat } from './rounds';
import { startStage } from './stage';

// What a checked key costs: server CPU of a tiny query with a key against the same without one, in the same run.
// Goal: within 1.1, once the key is in the cache.

const ROUNDS = 11;
const ROUND_MS = 1500;
const CONNECTIONS = 16;
const TINY = JSON.stringify({ query: '{ version { version } }' });

async function main(): Promise<void> {
  const stage = await startStage();
  const { post, close } = poster(stage.url, CONNECTIONS);
  const measured = (key?: string) => async () => {
    const before = stage.serverCpu();
    const done = await repeat(() => post(TINY, key), CONNECTIONS, ROUND_MS);
    return (stage.serverCpu() - before) / done;
  };
  const variants = { anonymous: measured(), authenticated: measured(stage.adminKey) };
  await interleaved(variants, 2);
  const { anonymous, authenticated } = await interleaved(variants, ROUNDS);
  await close();
  await stage.stop();
  console.log(`anonymous:     ${median(anonymous).toFixed(0)} us of server CPU a request (median of ${ROUNDS} rounds)`);
  console.log(`authenticated: ${median(authenticated).toFixed(0)} us`);
  console.log(`ratio:         ${(median(authenticated) / median(anonymous)).toFixed(2)} (goal: at most 1.1)`);
}

void main();
