import type { StateFolder } from './state-folder';

/** Which of an agent's keys is presented: the live one, or the successor that is to take its place. */
export interface LiveKey {
  /** The key for the next call. A successor comes first as soon as it is stored. */
  readonly text: string;
  /** A sync was answered: what is not needed any more is forgotten. Throws AgentFailure when the state cannot be written; nothing is lost then. */
  settle(): Promise<Settled>;
  /** The server does not know the key. Whether the other one is to be tried at once; each is, in turn, until one is known. */
  passOver(): boolean;
}

/** unchanged; replaced: the successor is the live key now; dropped: the successor is good for nothing, and forgotten. */
export type Settled = 'unchanged' | 'replaced' | 'dropped';

/** The keys of the folder, which holds a live key. Until the server has taken one of two, both stay in it. */
export function openLiveKey(folder: StateFolder): LiveKey {
  let isPassedOver = false;
  return {
    get text() {
      const { key, rotation } = folder.state;
      return (!isPassedOver && rotation?.successor) || key!;
    },
    async settle() {
      const { state } = folder;
      const { rotation } = state;
      if (rotation === null || rotation.successor === null) return 'unchanged';
      const { rotationId, successor } = rotation;
      if (!isPassedOver) {
        await folder.save({ ...state, key: successor, rotation: null });
        return 'replaced';
      }
      // Its secret was superseded by one that another try was answered with, or the database is of an older day. The same id gives a new one.
      await folder.save({ ...state, rotation: { rotationId, successor: null } });
      isPassedOver = false;
      return 'dropped';
    },
    passOver() {
      isPassedOver = !isPassedOver && (folder.state.rotation?.successor ?? null) !== null;
      return isPassedOver;
    },
  };
}
