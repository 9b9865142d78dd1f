import type { EntityManager } from 'typeorm';
import { loader, type LoaderContext } from '../loader';
import { secretsSet } from '../secret/secrets';

/** Whether an agent has this secret; all of a request in one statement. */
export async function isSecretSet(context: LoaderContext, agentId: string, field: string): Promise<boolean> {
  const fields = await secretLoader(context).load(agentId);
  return fields?.has(field) ?? false;
}

/** Answers this request by what the transaction knows, which a dry run takes back. */
export async function answerBy(tx: EntityManager, context: LoaderContext, agentIds: readonly string[]): Promise<void> {
  const fields = await secretsSet(tx, agentIds);
  for (const id of agentIds)
    secretLoader(context)
      .clear(id)
      .prime(id, fields.get(id) ?? null);
}

function secretLoader(context: LoaderContext) {
  return loader<string, Set<string>>(context, secretLoader, secretsSet);
}
