import * as fc from 'fast-check';
import { startServer, type TestServer } from '../support/server';
import { play } from './model/play';
import { Roll } from './model/roll';
import { START, steps } from './model/steps';

/** The same at each run; `SEED=7 RUNS=500 npx jest test/inventory/model.test.ts` tries others, or again what a failure tells. */
const SEED = Number(process.env['SEED'] ?? 20_261_121);
const RUNS = Number(process.env['RUNS'] ?? 20);
/** Ten times what a busy machine needs: what hangs ends, and what is slow is no fault. */
const MILLISECONDS = 60_000 + RUNS * 12_000;

const REFUSED = ['BAD_USER_INPUT', 'NOT_FOUND'];
const UPDATED = ['done', 'tried', 'nothing new', 'CONFLICT', ...REFUSED];
const REMOVED = ['done', 'tried', 'FAILED_PRECONDITION', 'NOT_FOUND'];

/** All that calls can come to. */
const OUTCOMES = Object.entries({
  'add node': ['done', 'CONFLICT', 'BAD_USER_INPUT'],
  'add service': ['done', 'CONFLICT', ...REFUSED],
  'add agent': ['done', 'CONFLICT', 'FAILED_PRECONDITION', ...REFUSED],
  'update node': UPDATED,
  'update service': [...UPDATED, 'cleared secrets'],
  'update agent': UPDATED,
  'remove node': REMOVED,
  'remove service': REMOVED,
  'remove agent': REMOVED,
  'list node': ['whole'],
  'list service': ['whole', 'nested'],
  'list agent': ['whole', 'nested'],
  enrol: ['done', 'CONFLICT'],
}).flatMap(([call, outcomes]) => outcomes.map((outcome) => `${call}: ${outcome}`));

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

/** Takes everything off the roll behind the server's back. */
async function empty(): Promise<void> {
  await server.database.query(
    `DELETE FROM registration_token_claim; DELETE FROM liveness; DELETE FROM agent_secret; DELETE FROM api_key WHERE agent_id IS NOT NULL;
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
      for (const step of [...START, ...sequence.toReversed()]) outcomes.add(await play(server, roll, step));
    });
    await fc.assert(property, {
      seed: SEED,
      numRuns: RUNS,
      interruptAfterTimeLimit: MILLISECONDS,
      markInterruptAsFailure: true,
    });
    // Sequences that never come to these prove little.
    expect(OUTCOMES.filter((outcome) => !outcomes.has(outcome))).toEqual([]);
  },
  MILLISECONDS * 2,
);
