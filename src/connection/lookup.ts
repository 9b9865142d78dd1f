import { loader, type LoaderContext } from '../loader';
import { onlyOne } from '../only-one';
import { isUuid } from '../scalars/uuid';
import { itemLoader, type List } from './list';

/** The item of a list with this id or this name, regardless of case. Throws InvalidInput unless exactly one is given. */
export async function findByIdOrName<Item extends { id: string }>(
  context: LoaderContext,
  list: List<Item, never>,
  by: { id?: string | null; name?: string | null },
): Promise<Item | null> {
  const [kind, value] = onlyOne(by, 'by');
  const id = kind === 'id' ? value : await idByName(context, list.table, value);
  return id !== null && isUuid(id) ? itemLoader(context, list).load(id) : null;
}

function idByName(context: LoaderContext, table: string, name: string): Promise<string | null> {
  return loader<string, string>(context, `${table} by name`, async (db, names) => {
    const rows = await db.query<{ name: string; id: string }[]>(
      `SELECT wanted.name, item.id FROM unnest($1::text[]) AS wanted (name)
       JOIN ${table} AS item ON lower(item.name) COLLATE "C" = lower(wanted.name) COLLATE "C"`,
      [names],
    );
    return new Map(rows.map((row) => [row.name, row.id]));
  }).load(name);
}
