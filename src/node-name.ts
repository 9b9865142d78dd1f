/** 1–253 of [A-Za-z0-9._-], first and last alphanumeric. */
const NODE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

/** Whether a node may have this name. */
export function isNodeName(name: string): boolean {
  return NODE_NAME.test(name);
}
