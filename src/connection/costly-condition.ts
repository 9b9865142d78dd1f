/** What no index knows, all in SQL; the rows that `holds` and `ids` leave are the same. */
export interface CostlyCondition {
  /** To be tried on the id of one row `item` after the other. */
  holds: string;
  /** What else the rows must be. */
  others: string;
  /** The ids of all rows for which it holds, at about the same cost however few they are. */
  ids: string;
  /** Few rows have it: a page that looks for them one by one may have to look at all. */
  isRare: boolean;
}

/** How rows are cut. */
interface Cuts {
  /** The rows of the list beyond the cursor, with `list_key`, their sort value. */
  all: string;
  /** The first so many of some rows. */
  first: (rows: string, count: number) => string;
  /** How many make a page. */
  size: number;
}

/** On so many rows, in the order of the list, the condition is tried before all for which it holds are collected. */
const NEAR = 20_000;

/** The id and `list_key` of a page's rows: from the first of the list or, where there are more and those do not fill the page, from all for which the condition holds. */
export function rarePage({ holds, others, ids }: CostlyCondition, { all, first, size }: Cuts): string {
  const pageOf = (rows: string) => first(`SELECT id, list_key FROM ${rows}`, size);
  const tried = first(`SELECT id, list_key FROM (${all}) AS item WHERE ${others}`, NEAR);
  return `
    WITH near AS MATERIALIZED (${pageOf(`(${tried}) AS item WHERE ${holds}`)}),
      far AS MATERIALIZED (SELECT id, list_key FROM (${all}) AS item WHERE id IN (${ids}) AND ${others}),
      enough AS (SELECT (SELECT count(*) FROM near) = ${size} OR (SELECT count(*) FROM (${tried}) AS item) < ${NEAR} AS is)
    SELECT id, list_key FROM near WHERE (SELECT enough.is FROM enough)
    UNION ALL (${pageOf('far WHERE NOT (SELECT enough.is FROM enough)')})`;
}
