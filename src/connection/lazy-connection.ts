import type { Connection, Edge, PageInfo } from './connection';
import { encodeCursor, type Position } from './cursor';
import type { PageRequest } from './page-request';

/** Where the parts of a page come from; each is asked at most once. */
export interface PageSource<Item> {
  request: PageRequest;
  digest: string;
  /** In the direction of the request, one more than the page holds when there are more. */
  positions(): Promise<Position[]>;
  items(ids: string[]): Promise<(Item | null)[]>;
  count(): Promise<number>;
}

interface Slice {
  /** In the order of the list. */
  positions: Position[];
  more: boolean;
}

/** A page that reads nothing until it is looked at: a query for totalCount alone counts and no more. */
export function lazyConnection<Item>(source: PageSource<Item>): Connection<Item> {
  const slice = once(async () => slicePage(source.request, await source.positions()));
  const edges = once(async () => edgesOf(source, await slice()));
  return {
    get edges() {
      return edges();
    },
    get nodes() {
      return edges().then((all) => all.map(({ node }) => node));
    },
    get pageInfo() {
      return slice().then((cut) => pageInfo(source, cut));
    },
    get totalCount() {
      return source.count();
    },
  };
}

function slicePage({ size, backward }: PageRequest, found: Position[]): Slice {
  const positions = found.slice(0, size);
  return { positions: backward ? positions.toReversed() : positions, more: found.length > size };
}

async function edgesOf<Item>(source: PageSource<Item>, { positions }: Slice): Promise<Edge<Item>[]> {
  const items = await source.items(positions.map(({ id }) => id));
  // What this request has looked for before, in vain, is left out.
  return positions.flatMap((position, index) => {
    const node = items[index];
    return node ? [{ cursor: encodeCursor(source.digest, position), node }] : [];
  });
}

function pageInfo<Item>({ request, digest }: PageSource<Item>, { positions, more }: Slice): PageInfo {
  const cursor = (position: Position | undefined) => (position ? encodeCursor(digest, position) : null);
  const behind = request.from !== null;
  return {
    hasNextPage: request.backward ? behind : more,
    hasPreviousPage: request.backward ? more : behind,
    startCursor: cursor(positions.at(0)),
    endCursor: cursor(positions.at(-1)),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
