import { graphql } from 'graphql';
import { DataSource, type Logger } from 'typeorm';
import { dataSource } from '../ormconfig';
import { Role } from '../src/access/role';
import { placeDataSource } from '../src/database/data-source';
import { createSchema } from '../src/schema';
import { fleetOf } from './fleet';
import { pageOf, QUERIES, type ListQuery } from './inventory-queries';
import { middles } from './middle';
import { startPostgres } from './stage';

// How PostgreSQL finds the pages that inventory.ts times: EXPLAIN of every statement that looks for positions.
//   npm run bench:inventory-plans DATA-FOLDER [number of nodes] [only queries whose words match]

type Statement = { text: string; values: unknown[] };
const nothing = () => undefined;

async function main(): Promise<void> {
  const [folder = '', nodes = '1000000', wanted = ''] = process.argv.slice(2);
  const postgres = await startPostgres(folder);
  const place = await fleetOf(Number(nodes), postgres.connection);
  const source = new DataSource(dataSource.options);
  placeDataSource(source, place, { poolSize: 2, statementTimeoutSeconds: 60 }, { warn: nothing });
  await source.initialize();
  const middle = await middles(place);
  const schema = createSchema();

  /** Runs a query as a viewer without a server; gives its statements and the cursor that its page begins with. */
  async function run(query: ListQuery, after: string | null) {
    const statements: Statement[] = [];
    source.logger = {
      logQuery: (text: string, values?: unknown[]) => void statements.push({ text, values: values ?? [] }),
      logQueryError: nothing,
      logQuerySlow: nothing,
      logSchemaBuild: nothing,
      logMigration: nothing,
      log: nothing,
    } satisfies Logger;
    const caller = { keyId: '', publicId: '', name: 'bench', role: Role.VIEWER, agentId: null, enrolment: null };
    const { filter, orderBy } = query;
    const result = await graphql({
      schema,
      source: pageOf(query),
      variableValues: { filter, orderBy, after },
      contextValue: { caller, db: source.manager, overdue: new AbortController().signal, loaders: new Map() },
    });
    if (result.errors) throw result.errors[0]!;
    const looks = statements.filter(({ text }) => text.includes('AS found'));
    const { list } = result.data as unknown as { list: { pageInfo: { startCursor: string | null } } };
    return { looks, cursor: list.pageInfo.startCursor };
  }

  for (const query of QUERIES) {
    const what = `${query.list}: ${query.what}, by ${query.orderBy.field}`;
    if (!new RegExp(wanted).test(what)) continue;
    const first = await run(query, null);
    const after = first.cursor === null ? null : await middle.cursor(query, first.cursor);
    const pages = [
      ['first', first] as const,
      ...(after === null ? [] : [['middle', await run(query, after)] as const]),
    ];
    for (const [page, { looks }] of pages) {
      console.log(`\n### ${what}, ${page} page\n`);
      for (const { text, values } of looks) {
        const plan = await source.query<Record<string, string>[]>(`EXPLAIN (ANALYZE, COSTS OFF) ${text}`, values);
        console.log(shortened(plan.map((line) => line['QUERY PLAN']!)));
      }
    }
  }
  await middle.close();
  await source.destroy();
  await postgres.stop();
}

const TELLING = /Scan|Limit|Sort  |Cond:|Filter|Execution Time/;

/** What is read and by which index, without what never ran and what joins the parents. */
function shortened(plan: readonly string[]): string {
  const lines = plan.filter((line) => TELLING.test(line) && !/never executed|unnest parent|Presorted/.test(line));
  return lines
    .map((line) => line.replace(/^ {4,}/, (indent) => ' '.repeat(indent.length / 3)).slice(0, 180))
    .join('\n');
}

void main();
