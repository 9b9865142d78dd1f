import { dataOf, type Answer, type GraphQLClient } from '../support/client';

/** A query for a page of a list; its connection has the alias `list`, wherever it is. */
export type PagedList = string;

export interface Connection {
  edges: { cursor: string; node: { id: string } }[];
  nodes: { id: string }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  totalCount: number;
}

export interface Page {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

const PAGE = '$first: Int, $after: String, $last: Int, $before: String';
const ARGUMENTS = 'first: $first, after: $after, last: $last, before: $before';
const SELECTION = `edges { cursor node { id } } nodes { id }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount`;

/**
 * A list such as `nodes`, with arguments of its own such as `orderBy: { … }`, at the root or within other fields: `*` in
 * `around` stands for it, as in `node(by: { name: "db-1" }) { * }`.
 */
export function pagedList(name: string, own = '', around = '*'): PagedList {
  const list = `list: ${name}(${ARGUMENTS} ${own}) { ${SELECTION} }`;
  return `query (${PAGE}) { ${around.replace('*', () => list)} }`;
}

/** Asks for a page, whatever comes of it. */
export function tryPage(client: GraphQLClient, list: PagedList, page: Page): Promise<Answer> {
  return client(list, { ...page });
}

/** A page that must be there. */
export async function pageOf(client: GraphQLClient, list: PagedList, page: Page): Promise<Connection> {
  return connectionIn(dataOf(await tryPage(client, list, page)));
}

function connectionIn(data: Answer['data']): Connection {
  const { list, ...others } = data;
  return list ?? connectionIn(Object.values(others)[0]);
}

/** What happens between two pages of a walk. */
export type Between = (page: Connection) => Promise<void>;

/** The ids of a whole list, in its order, each met once, walked through in pages of a size from its start or from its end. */
export async function walk(
  client: GraphQLClient,
  list: PagedList,
  direction: 'forward' | 'backward',
  size: number,
  between: Between = async () => undefined,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (;;) {
    const forward = direction === 'forward';
    const page: Connection = await pageOf(
      client,
      list,
      forward ? { first: size, after: cursor } : { last: size, before: cursor },
    );
    const found = page.nodes.map(({ id }) => id);
    // Without this a list that does not advance would be walked through for ever.
    if (found.some((id) => ids.includes(id))) throw new Error('The walk met a row twice.');
    if (forward) ids.push(...found);
    else ids.unshift(...found);
    if (!(forward ? page.pageInfo.hasNextPage : page.pageInfo.hasPreviousPage)) return ids;
    cursor = forward ? page.pageInfo.endCursor : page.pageInfo.startCursor;
    await between(page);
  }
}
