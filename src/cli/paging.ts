/** A page of a list of the server. */
export interface Page<T> {
  nodes: T[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** The most that the server gives at once. */
const PAGE_SIZE = 200;

/** The items of a list, page by page, as they are asked for. */
export async function* items<T>(
  readPage: (page: { first: number; after: string | null }) => Promise<Page<T>>,
  limit = Infinity,
): AsyncGenerator<T> {
  let after: string | null = null;
  for (let left = limit; left > 0;) {
    const { nodes, pageInfo }: Page<T> = await readPage({ first: Math.min(left, PAGE_SIZE), after });
    yield* nodes;
    left -= nodes.length;
    // A page of nothing would be asked for for ever.
    if (!pageInfo.hasNextPage || nodes.length === 0) return;
    after = pageInfo.endCursor;
  }
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of source) collected.push(item);
  return collected;
}
