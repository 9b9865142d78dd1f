import type { EntityManager } from 'typeorm';

/** The channel on which every server is told of keys that changed. */
export const KEY_CHANNEL = 'rollcall_keys';

/** Tells every server, at the commit of this transaction and not at all without it, to forget what it knows of these keys. */
export async function announce(tx: EntityManager, publicIds: readonly string[]): Promise<void> {
  if (publicIds.length > 0)
    await tx.query(`SELECT pg_notify($1, public_id) FROM unnest($2::text[]) AS public_id`, [KEY_CHANNEL, publicIds]);
}
