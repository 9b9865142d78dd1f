import type { EntityManager } from 'typeorm';
import { NotFound } from '../errors';
import { isUuid } from '../scalars/uuid';
import type { NodeType } from './node-type';

/**
 * Holds nodes, which may be the same, until the transaction ends, and gives their types by their ids. Before anything is written that hangs
 * on them: who removes a node or enrols it afresh holds it first, and would wait for what was written, as that would wait for the node.
 * Throws NotFound, with `path` as the field that names them.
 */
export async function holdNodes(tx: EntityManager, ids: string[], path: string): Promise<Map<string, NodeType>> {
  if (!ids.every(isUuid)) throw new NotFound('node', path);
  const rows = await tx.query<{ id: string; type: NodeType }[]>(
    'SELECT id, type FROM node WHERE id = ANY ($1::uuid[]) ORDER BY id FOR KEY SHARE',
    [ids],
  );
  const types = new Map(rows.map(({ id, type }) => [id, type]));
  if (!ids.every((id) => types.has(id.toLowerCase()))) throw new NotFound('node', path);
  return types;
}
