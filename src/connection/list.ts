import { Any, type EntityManager, type EntityTarget, type FindOptionsWhere, type ObjectLiteral } from 'typeorm';
import { Parameters } from '../filter/parameters';
import { loader, type LoaderContext } from '../loader';
import { OrderDirection, type Connection, type PageArgs } from './connection';
import { rarePage, type CostlyCondition } from './costly-condition';
import { listDigest, type Position, type SortType } from './cursor';
import { hydrate, selectionOf } from './hydrate';
import { lazyConnection } from './lazy-connection';
import { pageRequest, type PageRequest } from './page-request';

/** A value that a list can be sorted by: in SQL, of the row `item`, and the type that a cursor's text is read back as. */
export interface SortValue {
  expression: string;
  type: SortType;
}

/** How a list is kept in the database. */
export interface List<Item extends { id: string }, Filter> {
  /** The table; its rows are `item` in every expression. */
  table: string;
  entity: EntityTarget<Item>;
  sortValues: Record<string, SortValue>;
  defaultOrder: Order;
  /** The condition of a filter, over the row `item`. Throws InvalidInput. */
  condition(filter: Filter | null | undefined, parameters: Parameters): string;
  /** What a filter asks that no index knows, apart from what else it asks; null where it asks no such thing. */
  costly?(filter: Filter | null | undefined, parameters: Parameters): CostlyCondition | null;
}

export interface Order {
  field: string;
  direction: OrderDirection;
}

/** What is asked of a list. */
export interface ListArgs<Filter> extends PageArgs {
  filter?: Filter | null;
  orderBy?: Order | null;
}

/** A list narrowed down and sorted as it was asked for. */
interface Selection {
  table: string;
  condition: string;
  costly(parameters: Parameters): CostlyCondition | null;
  parameters: Parameters;
  sort: SortValue;
  direction: OrderDirection;
  /** Ties the rows `item` to `parent.id`; null for a whole list. */
  parentCondition: string | null;
}

/** What one statement reads for every parent at once: positions or a count, by parent. */
type Batch<Value> = (db: EntityManager, parents: readonly string[]) => Promise<Map<string, Value>>;

/** The parent of a whole list. */
const NO_PARENT = '';

/** A page of a whole list. */
export function listPage<Item extends { id: string }, Filter>(
  context: LoaderContext,
  list: List<Item, Filter>,
  args: ListArgs<Filter>,
): Connection<Item> {
  return page(context, list, args, null, NO_PARENT);
}

/**
 * A page of a list below one parent; `parentCondition` ties the rows `item` to `parent.id`, as in `item.node_id = parent.id`.
 * All parents of a request that ask alike are answered by the same statements, however many they are.
 */
export function childPage<Item extends { id: string }, Filter>(
  context: LoaderContext,
  list: List<Item, Filter>,
  parentCondition: string,
  parentId: string,
  args: ListArgs<Filter>,
): Connection<Item> {
  return page(context, list, args, parentCondition, parentId);
}

/** The items of a list by id, in whatever case it is written, each read once a request. */
export function itemLoader<Item extends { id: string }, Filter>(context: LoaderContext, list: List<Item, Filter>) {
  return loader<string, Item>(context, list, async (db, ids) => {
    const where = { id: Any([...ids]) } as FindOptionsWhere<Item>;
    const byId = new Map((await db.find(list.entity, { where })).map((item) => [item.id, item]));
    const found = new Map<string, Item>();
    for (const id of ids) {
      const item = byId.get(id.toLowerCase());
      if (item) found.set(id, item);
    }
    return found;
  });
}

function page<Item extends { id: string }, Filter>(
  context: LoaderContext,
  list: List<Item, Filter>,
  args: ListArgs<Filter>,
  parentCondition: string | null,
  parent: string,
): Connection<Item> {
  const filter = args.filter ?? null;
  const order = args.orderBy ?? list.defaultOrder;
  const selection = select(list, filter, order, parentCondition);
  const digest = listDigest(list.table, parentCondition, parent, filter, order);
  const request = pageRequest(args, digest, selection.sort.type);
  // A cursor belongs to one parent; without one, all parents are asked the same.
  const alike = JSON.stringify([list.table, parentCondition, args, request.from ? parent : null]);
  const read = <Value>(what: string, batch: Batch<Value>) =>
    loader<string, Value>(context, `${what} ${alike}`, batch).load(parent);

  const items = itemLoader(context, list);
  const keep = (item: Item) => void items.prime(item.id, item);

  return lazyConnection<Item>({
    request,
    digest,
    positions: async () => (await read('positions', positions(selection, request, list.entity, keep))) ?? [],
    count: async () => (await read('count', counts(selection))) ?? 0,
    items: async (ids) => items.loadMany(ids) as Promise<(Item | null)[]>,
  });
}

function select<Item extends { id: string }, Filter>(
  list: List<Item, Filter>,
  filter: Filter | null,
  { field, direction }: Order,
  parentCondition: string | null,
): Selection {
  const parameters = new Parameters();
  return {
    table: list.table,
    condition: list.condition(filter, parameters),
    costly: (more) => (parentCondition === null ? (list.costly?.(filter, more) ?? null) : null),
    parameters,
    sort: list.sortValues[field]!,
    direction,
    parentCondition,
  };
}

/** Sort values as text, whatever the session's time zone and date style. */
const SORT_TEXT: Record<SortType, string> = {
  text: 'found.list_key',
  timestamptz: `to_char(found.list_key AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
};

/** A row of the list's table, under which parent it was found, and its sort value as text. */
interface FoundRow extends Record<string, unknown> {
  id: string;
  list_parent: string;
  list_sort: string;
}

/** One row more than the page holds, so that it is known whether more follows. The items come along, for `keep`: one statement a list. */
function positions<Item extends ObjectLiteral>(
  selection: Selection,
  request: PageRequest,
  entity: EntityTarget<Item>,
  keep: (item: Item) => void,
): Batch<Position[]> {
  return async (db, parents) => {
    const { sort, condition } = selection;
    const { costly, parameters } = costlyOf(selection, ({ isRare }) => isRare);
    const ascending = (selection.direction === OrderDirection.ASC) !== request.backward;
    const direction = ascending ? 'ASC' : 'DESC';
    const beyond = request.from
      ? ` AND (${sort.expression}, item.id) ${ascending ? '>' : '<'}
          (${parameters.add(request.from.sort)}::${sort.type}, ${parameters.add(request.from.id)}::uuid)`
      : '';
    const size = request.size + 1;
    const all = `SELECT *, ${sort.expression} AS list_key FROM ${from(selection)}${beyond}`;
    const first = (rows: string, count: number) =>
      `${rows} ORDER BY list_key ${direction}, id ${direction} LIMIT ${count}`;
    const found =
      costly === null
        ? first(`SELECT id, list_key FROM (${all}) AS item WHERE ${condition}`, size)
        : rarePage(costly, { all, first, size });
    // The page first, which an index alone may tell, and then its rows: one by one, or PostgreSQL might read the whole table for them.
    const item = `SELECT ${selectionOf(db, entity)} FROM ${selection.table} AS item WHERE item.id = page.id LIMIT 1`;
    const rows = `SELECT found.*, page.list_key FROM (${found}) AS page CROSS JOIN LATERAL (${item}) AS found`;
    const read = await db.query<FoundRow[]>(
      `SELECT parent.id AS list_parent, ${SORT_TEXT[sort.type]} AS list_sort, found.*
       FROM ${parentRows(selection, parents, parameters)} CROSS JOIN LATERAL (${rows}) AS found
       ORDER BY found.list_key ${direction}, found.id ${direction}`,
      parameters.values,
    );
    for (const row of read) keep(hydrate(db, entity, row));
    return grouped(read);
  };
}

/** With the parameters of what the statement will hold: PostgreSQL refuses one that it does not meet. */
function costlyOf(
  selection: Selection,
  isWanted: (costly: CostlyCondition) => boolean,
): { costly: CostlyCondition | null; parameters: Parameters } {
  const parameters = new Parameters();
  const costly = selection.costly(parameters);
  return costly && isWanted(costly)
    ? { costly, parameters }
    : { costly: null, parameters: new Parameters(selection.parameters) };
}

function counts(selection: Selection): Batch<number> {
  return async (db, parents) => {
    const { costly, parameters } = costlyOf(selection, () => true);
    const condition = costly === null ? selection.condition : `item.id IN (${costly.ids}) AND ${costly.others}`;
    const rows = `SELECT count(*)::int AS count FROM ${from(selection)} AND ${condition}`;
    const found = await db.query<{ parent: string; count: number }[]>(
      `SELECT parent.id AS parent, counted.count
       FROM ${parentRows(selection, parents, parameters)} CROSS JOIN LATERAL (${rows}) AS counted`,
      parameters.values,
    );
    return new Map(found.map(({ parent, count }) => [parent, count]));
  };
}

function from({ table, parentCondition }: Selection): string {
  return `${table} AS item WHERE ${parentCondition ?? 'true'}`;
}

function parentRows({ parentCondition }: Selection, parents: readonly string[], parameters: Parameters): string {
  const type = parentCondition === null ? 'text' : 'uuid';
  return `unnest(${parameters.add(parents)}::${type}[]) AS parent (id)`;
}

function grouped(rows: readonly FoundRow[]): Map<string, Position[]> {
  const byParent = new Map<string, Position[]>();
  for (const { list_parent: parent, list_sort: sort, id } of rows) {
    const positionsOfParent = byParent.get(parent) ?? [];
    positionsOfParent.push({ sort, id });
    byParent.set(parent, positionsOfParent);
  }
  return byParent;
}
