import { recordSuccess } from '../../src/audit/audit';
import { appendWaiting, type ChainHead } from '../../src/audit/chain';
import { BrokenChain, verifyChain } from '../../src/audit/verify-chain';
import type { TestDatabase } from '../support/database';

/** Writes so many audit rows, `test.act` of the targets 0, 1, 2 and so on, each in a transaction of its own. */
export async function writeRows({ dataSource }: TestDatabase, count: number): Promise<void> {
  for (let index = 0; index < count; index++)
    await recordSuccess(dataSource.manager, null, {
      action: 'test.act',
      actorName: 'test',
      targetName: String(index),
      changes: [{ field: 'name', before: null, after: `é ${index} "` }],
    });
}

/** Chains all that waits, as a server does; gives the head. */
export async function chainAll({ dataSource }: TestDatabase): Promise<ChainHead> {
  const head = await appendWaiting(dataSource.manager);
  if (!head) throw new Error('There was nothing to chain.');
  return head;
}

/** What verification says: the number of the last row when all is good, else what is wrong. */
export async function verdict({ dataSource }: TestDatabase, anchor: ChainHead | null = null): Promise<number | string> {
  try {
    return (await verifyChain(dataSource.manager, anchor, new AbortController().signal)).head.seq;
  } catch (error) {
    if (error instanceof BrokenChain) return error.message;
    throw error;
  }
}

/** Does what a superuser can do who wants to deceive: with triggers and foreign keys switched off. */
export async function tamper(database: TestDatabase, ...statements: string[]): Promise<void> {
  const client = await database.connect();
  await client.query('SET session_replication_role = replica');
  for (const statement of statements) {
    const { rowCount } = await client.query(statement);
    if (rowCount === 0) throw new Error(`This changed nothing: ${statement}`);
  }
}
