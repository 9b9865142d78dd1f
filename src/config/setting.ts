import type { Kind } from './kinds';

/** One setting of the server. Loading, `rollcall config check` and the reference all come from this. */
export interface Setting<T> extends Kind<T> {
  /** Its place in the config file: `pool_size` in the section `database` is `database.pool_size`. */
  path: string;
  /** Its name in the environment. */
  environment: string;
  /** Its name among the flags, without the dashes. */
  flag?: string;
  default: () => T;
  /** The default in words, where the value alone says too little. */
  defaultText?: string;
  description: string;
}

export function setting<T>(
  path: string,
  parts: Omit<Setting<T>, 'path' | 'environment'> & { environment?: string },
): Setting<T> {
  return { environment: `ROLLCALL_${path.replaceAll('.', '_').toUpperCase()}`, ...parts, path };
}
