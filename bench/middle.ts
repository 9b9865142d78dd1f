import { Client } from 'pg';
import { AGENTS } from '../src/agent/agent-list';
import { encodeCursor, type Position } from '../src/connection/cursor';
import type { DatabaseConnection } from '../src/database/embedded/embedded-postgres';
import { NODES } from '../src/node/node-list';
import { SERVICES } from '../src/service/service-list';
import type { ListQuery } from './inventory-queries';

const LISTS = { nodes: NODES, services: SERVICES, agents: AGENTS };

/** Gives the cursors from which lists go on in their middle, without walking there. */
export async function middles(place: DatabaseConnection) {
  const client = new Client(place);
  await client.connect();
  const found = new Map<string, Promise<Position>>();

  async function middle({ list, orderBy }: ListQuery): Promise<Position> {
    const { table, sortValues } = LISTS[list];
    const { expression, type } = sortValues[orderBy.field]!;
    const sort = type === 'text' ? 'sort' : `to_char(sort AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
    const { rows } = await client.query<Position>(
      `SELECT id, ${sort} AS sort FROM (SELECT id, ${expression} AS sort FROM ${table} AS item) AS item
       ORDER BY item.sort, id LIMIT 1 OFFSET (SELECT count(*) / 2 FROM ${table})`,
    );
    return rows[0]!;
  }

  return {
    /**
     * A cursor of the list that `other` is of, in the middle of all that is there, whatever the filter leaves of it. Null without another, and
     * of what is sorted by type: there the middle of all is of another type than what is asked for.
     */
    async cursor(query: ListQuery, other: string | null): Promise<string | null> {
      if (other === null || query.orderBy.field === 'TYPE') return null;
      const key = `${query.list} ${query.orderBy.field}`;
      if (!found.has(key)) found.set(key, middle(query));
      return encodeCursor(digestOf(other), await found.get(key)!);
    },
    close: () => client.end(),
  };
}

/** What binds a cursor to its list comes first in it (src/connection/cursor.ts). */
function digestOf(cursor: string): string {
  const [digest] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string];
  return digest;
}
