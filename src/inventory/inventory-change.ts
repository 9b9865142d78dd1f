/** What became of something. */
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

/** What is not on the roll yet, but asks to be; told in the same way. */
export const REGISTRATION_REQUEST = 'REGISTRATION_REQUEST';

/** That something was added, changed or removed; what it is now is for whoever hears of it to ask. */
export interface InventoryChange {
  kind: ChangeKind;
  object: InventoryObject | typeof REGISTRATION_REQUEST;
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
