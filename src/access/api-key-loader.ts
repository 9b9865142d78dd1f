import { Any } from 'typeorm';
import { loader, type LoaderContext } from '../loader';
import { ApiKey } from './api-key';

/** A key by its id; null when there is none. */
export function apiKeyById(context: LoaderContext, id: string): Promise<ApiKey | null> {
  return loader<string, ApiKey>(context, apiKeyById, async (db, ids) => {
    const keys = await db.find(ApiKey, { where: { id: Any([...ids]) } });
    return new Map(keys.map((key) => [key.id, key]));
  }).load(id);
}
