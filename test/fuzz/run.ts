import { parseArgs } from 'node:util';
import { startStage } from '../../bench/stage';
import { findingText, fuzz } from './fuzz';
import { prepareTarget } from './target';

/** Cases between two looks at how it goes. */
const BATCH = 1000;

/** Fuzzes a server in a process of its own: `npm run fuzz -- --seed 7 --cases 100000`. Ends with 1 when there were findings. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      cases: { type: 'string', default: '10000' },
      from: { type: 'string', default: '0' },
    },
  });
  const [seed, cases, first] = [Number(values.seed), Number(values.cases), Number(values.from)];
  const stage = await startStage();
  let found = 0;
  try {
    const target = await prepareTarget(stage.url, stage.adminKey);
    for (let from = first; from < first + cases; from += BATCH) {
      const batch = Math.min(BATCH, first + cases - from);
      const { findings, statuses, slowest } = await fuzz({ ...target, url: stage.url, seed, from, cases: batch });
      for (const finding of findings) console.log(findingText(finding));
      found += findings.length;
      console.log(
        `seed ${seed}, ${from + batch - first} cases, ${found} findings; ${JSON.stringify(statuses)}; slowest: case ${slowest.index}, ${slowest.milliseconds} ms`,
      );
    }
  } finally {
    await stage.stop();
  }
  process.exitCode = found > 0 ? 1 : 0;
}

void main();
