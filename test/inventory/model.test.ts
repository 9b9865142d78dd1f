import * as fc from 'fast-check';
import { startServer, type TestServer } from '../support/server';
import { play } from './model/play';
import { Roll } from './model/roll';
import { steps } from './model/steps';

/** The same at each run; `SEED=7 RUNS=500 npx jest test/inventory/model.test.ts` tries others, or again what a failure tells. */
const SEED = Number(process.env['SEED'] ?? 20_261_120);
const RUNS = Number(process.env['RUNS'] ?? 20);
const MILLISECONDS = 15_000 + RUNS * 1000;

/** All that calls can come to. */
const OUTCOMES = Object.entries({
  add: ['done', 'BAD_USER_INPUT', 'CONFLICT', 'NOT_FOUND'],
  update: ['done', 'tried', 'nothing new', 'BAD_USER_INPUT', 'CONFLICT', 'NOT_FOUND'],
  remove: ['done', 'tried', 'FAILED_PRECONDITION', 'NOT_FOUND'],
  enrol: ['done', 'CONFLICT'],
  list: ['whole', 'nested'],
}).flatMap(([call, outcomes]) => outcomes.map((outcome) => `${call}: ${outcome}`));

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

/** Takes everything off the roll behind the server's back. */
async function empty(): Promise<void> {
  await server.database.query(
    `DELETE FROM registration_token_claim; DELETE FROM liveness; DELETE FROM api_key WHERE agent_id IS NOT NULL;
     DELETE FROM agent; DELETE FROM service; DELETE FROM node`,
  );
}

test(
  'whatever is added, changed, removed, enrolled and listed, answers and roll are what a simple model of it says',
  async () => {
    const outcomes = new Set<string>();
    const property = fc.asyncProperty(steps(100), async (sequence) => {
      await empty();
      const roll = new Roll();
      // From its end: the search for a smaller sequence that fails leaves out the start first, and what comes after a failure is no part of it.
      for (const step of sequence.toReversed()) outcomes.add(await play(server, roll, step));
    });
    await fc.assert(property, {
      seed: SEED,
      numRuns: RUNS,
      interruptAfterTimeLimit: MILLISECONDS,
      markInterruptAsFailure: true,
    });
    // Sequences that never come to these prove little.
    expect([...outcomes]).toEqual(expect.arrayContaining(OUTCOMES));
  },
  MILLISECONDS * 2,
);
