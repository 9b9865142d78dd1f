/** What became of an object of the inventory. */
export enum ChangeKind {
  ADDED = 'ADDED',
  CHANGED = 'CHANGED',
  REMOVED = 'REMOVED',
}

export enum InventoryObject {
  NODE = 'NODE',
  SERVICE = 'SERVICE',
  AGENT = 'AGENT',
}

/** That something was added, changed or removed; what it is now is for whoever hears of it to ask. */
export interface InventoryChange {
  kind: ChangeKind;
  object: InventoryObject;
  id: string;
}

/** Where committed changes of this server go, for those who want to be told of them. */
export interface ChangeFeed {
  publish: (changes: readonly InventoryChange[]) => void;
  /** Gives the function that ends it. */
  subscribe: (listener: (changes: readonly InventoryChange[]) => void) => () => void;
}

export function createChangeFeed(): ChangeFeed {
  const listeners = new Set<(changes: readonly InventoryChange[]) => void>();
  return {
    publish(changes) {
      if (changes.length > 0) for (const listener of listeners) listener(changes);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
