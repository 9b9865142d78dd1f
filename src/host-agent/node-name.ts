/** 1–253 of [A-Za-z0-9._-], first and last alphanumeric: what the server takes as a node's name. */
const NODE_NAME = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/** Whether the server would take it as a node's name. */
export function isNodeName(name: string): boolean {
  return NODE_NAME.test(name);
}
