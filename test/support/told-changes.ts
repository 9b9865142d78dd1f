import type { InventoryChange } from '../../src/inventory/inventory-change';
import type { TestServer } from './server';

/** What the change feed is told while something is done, each commit apart. */
export async function toldOf(
  { changeFeed }: Pick<TestServer, 'changeFeed'>,
  action: () => Promise<unknown>,
): Promise<(readonly InventoryChange[])[]> {
  const told: (readonly InventoryChange[])[] = [];
  const end = changeFeed.subscribe((changes) => void told.push(changes));
  await action();
  end();
  return told;
}
