import { collect, items, type Page } from '../../src/cli/paging';

/** A list of so many numbers, which notes what it was asked for. */
function listOf(length: number) {
  const asked: { first: number; after: string | null }[] = [];
  async function readPage(page: { first: number; after: string | null }): Promise<Page<number>> {
    asked.push(page);
    const start = Number(page.after ?? 0);
    const nodes = Array.from({ length: Math.min(page.first, length - start) }, (_, index) => start + index);
    const end = start + nodes.length;
    return { nodes, pageInfo: { hasNextPage: end < length, endCursor: String(end) } };
  }
  return { asked, readPage };
}

describe('a list read page by page', () => {
  it('is read whole, 200 at a time', async () => {
    const { asked, readPage } = listOf(450);
    await expect(collect(items(readPage))).resolves.toEqual(Array.from({ length: 450 }, (_, index) => index));
    expect(asked).toEqual([
      { first: 200, after: null },
      { first: 200, after: '200' },
      { first: 200, after: '400' },
    ]);
  });

  it('is read no further than the limit', async () => {
    const { asked, readPage } = listOf(450);
    await expect(collect(items(readPage, 250))).resolves.toHaveLength(250);
    expect(asked.map(({ first }) => first)).toEqual([200, 50]);
  });

  it('ends when a server promises more and gives nothing', async () => {
    const empty: Page<number> = { nodes: [], pageInfo: { hasNextPage: true, endCursor: 'x' } };
    await expect(collect(items(() => Promise.resolve(empty)))).resolves.toEqual([]);
  });
});
