import { StartFailure } from '../../start-failure';
import { failureOf } from './failure';

/** What an operator must settle before the embedded PostgreSQL can run: one sentence that says what is wrong and what to do. */
export class DataFolderError extends StartFailure {
  override readonly name = 'DataFolderError';
}

const FAULTS: Record<string, string> = {
  EACCES: 'cannot be written by this account',
  EPERM: 'cannot be written by this account',
  EROFS: 'is on a read-only file system',
  ENOSPC: 'is on a full disk',
  EDQUOT: 'is on a full disk',
  ENOTDIR: 'is a file, or lies under one',
  EEXIST: 'is a file',
  ELOOP: 'holds a symbolic link where there must be none',
};

/** Runs the work, and says what a refusal of the file system means for the data folder. */
export async function withFileErrorsExplained<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, path } = failureOf(error);
    const fault = FAULTS[code ?? ''];
    if (error instanceof DataFolderError || !fault) throw error;
    const place = path && path !== folder ? `, seen at ${path}` : '';
    throw new DataFolderError(
      `The data folder ${folder} ${fault} (${code}${place}): settle that, or set ROLLCALL_DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}
