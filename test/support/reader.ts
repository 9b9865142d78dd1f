import { AsyncLocalStorage } from 'node:async_hooks';
import { graphql } from 'graphql';
import type { Logger } from 'typeorm';
import { Role } from '../../src/access/role';
import type { Context } from '../../src/context';
import { createSchema } from '../../src/schema';
import { dataOf, type Answer } from './client';
import type { TestDatabase } from './database';

/** Runs a query and gives its data; fails when there are errors. */
export type Reader = (query: string, variables?: Record<string, unknown>) => Promise<Answer['data']>;

/**
 * Reads as an administrator, without a server: nothing touches the database but the query. For what a server's own
 * statements would blur, such as what is told while no server listens.
 */
export function reader(database: TestDatabase): Reader {
  const schema = createSchema();
  return async (source, variableValues) => {
    const caller = { keyId: '', publicId: '', name: 'test', role: Role.ADMIN, agentId: null, enrolment: null };
    const overdue = new AbortController().signal;
    const context: Partial<Context> = { caller, db: database.dataSource.manager, overdue, loaders: new Map() };
    const result = await graphql({ schema, source, variableValues, contextValue: context });
    return dataOf({ errors: [], ...result } as unknown as Answer);
  };
}

const nothing = () => undefined;

/** What runs in it was caused by a request of a server; what the server does by itself, now and then, was not. */
export const requestScope = new AsyncLocalStorage<true>();

/** The SQL statements that requests make a running server run. */
export function statementsOfRequests(database: TestDatabase, action: () => Promise<unknown>): Promise<string[]> {
  return statementsOf(database, action, () => requestScope.getStore() ?? false);
}

/** The SQL statements that run during an action and count. The action sees them as they come. */
export async function statementsOf(
  database: TestDatabase,
  action: (statements: readonly string[]) => Promise<unknown>,
  counts = () => true,
): Promise<string[]> {
  const statements: string[] = [];
  const listener: Logger = {
    logQuery: (statement) => void (counts() && statements.push(statement)),
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };
  const former = database.dataSource.logger;
  database.dataSource.logger = listener;
  try {
    await action(statements);
  } finally {
    database.dataSource.logger = former;
  }
  return statements;
}
