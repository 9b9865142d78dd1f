import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { graphql } from 'graphql';
import { DataSource, type Logger } from 'typeorm';
import { dataSource } from '../ormconfig';
import { Role } from '../src/access/role';
import { placeDataSource } from '../src/database/data-source';
import type { DatabaseConnection } from '../src/database/embedded/embedded-postgres';
import { createSchema } from '../src/schema';
import { fleetOf } from './fleet';
import { LARGE, pageOf, QUERIES, type ListQuery } from './inventory-queries';
import { middles } from './middle';
import { planDocument, planOfPage, type Explained } from './plan-document';
import { startPostgres } from './stage';

// How PostgreSQL finds the pages that inventory.ts times, in the larger fleet: EXPLAIN of each, written to docs/plans.md.
//   npm run bench:inventory-plans DATA-FOLDER

const DOCUMENT = path.join(__dirname, '../docs/plans.md');
const nothing = () => undefined;

interface Statement {
  text: string;
  values: unknown[];
}

async function main(): Promise<void> {
  const postgres = await startPostgres(process.argv[2] ?? '');
  const place = await fleetOf(LARGE, postgres.connection);
  const source = await openSource(place);
  const middle = await middles(place);
  const schema = createSchema();

  /** Runs a query as a viewer without a server; gives the statement that finds its page, and the cursor that this begins with. */
  async function run(query: ListQuery, after: string | null) {
    const statements: Statement[] = [];
    source.logger = listener(statements);
    const caller = { keyId: '', publicId: '', name: 'bench', role: Role.VIEWER, agentId: null, enrolment: null };
    const { filter, orderBy } = query;
    const result = await graphql({
      schema,
      source: pageOf(query),
      variableValues: { filter, orderBy, after },
      contextValue: { caller, db: source.manager, overdue: new AbortController().signal, loaders: new Map() },
    });
    if (result.errors) throw result.errors[0]!;
    const { list } = result.data as unknown as { list: { pageInfo: { startCursor: string | null } } };
    return { found: statements.find(({ text }) => text.includes('AS found'))!, cursor: list.pageInfo.startCursor };
  }

  async function explain({ text, values }: Statement): Promise<string> {
    const lines = await source.query<{ 'QUERY PLAN': string }[]>(`EXPLAIN (COSTS OFF) ${text}`, values);
    return planOfPage(
      lines.map((line) => line['QUERY PLAN']),
      text,
    );
  }

  const explained: Explained[] = [];
  for (const query of QUERIES) {
    const first = await run(query, null);
    const what = `${query.what}, by ${query.orderBy.field}`;
    explained.push({ list: query.list, page: `${what}: first page`, plan: await explain(first.found) });
    const after = await middle.cursor(query, first.cursor);
    if (after === null) continue;
    const { found } = await run(query, after);
    explained.push({ list: query.list, page: `${what}: middle page`, plan: await explain(found) });
  }
  writeFileSync(DOCUMENT, planDocument(explained));
  await middle.close();
  await source.destroy();
  await postgres.stop();
}

function openSource(place: DatabaseConnection): Promise<DataSource> {
  const source = new DataSource(dataSource.options);
  return placeDataSource(source, place, { poolSize: 2, statementTimeoutSeconds: 60 }, { warn: nothing }).initialize();
}

function listener(statements: Statement[]): Logger {
  return {
    logQuery: (text: string, values?: unknown[]) => void statements.push({ text, values: values ?? [] }),
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };
}

void main();
