import type { EntityManager } from 'typeorm';
import type { FieldChange } from '../audit/audit-event';
import { FailedPrecondition } from '../errors';
import { AgentSecret } from './agent-secret';
import type { EncryptionKey } from './encryption-key';
import { openSecret, sealSecret, UnopenableSecret, type SealedSecret, type SecretPlace } from './secret-box';

/** What changes tell in place of values; never whether a new one is like the former, which would let it be guessed. */
const IS_SET = 'set';
const IS_SET_ANEW = 'set anew';

/** What is said of the secrets of an agent, by field: absent stays, null clears, a value sets. */
export type GivenSecrets = Record<string, string | null | undefined>;

/** The secrets of monitored services, with the key of this server. */
export interface Secrets {
  /**
   * Stores what is given, and tells it in the words of the audit trail. The agent must be locked, or new, in this transaction. Throws
   * FailedPrecondition when a value is given and the server has no key.
   */
  storeSecrets(tx: EntityManager, agentId: string, given: GivenSecrets): Promise<FieldChange[]>;
  /** For the host agent that needs it, and nobody else. Throws UnopenableSecret. */
  open(place: SecretPlace, sealed: SealedSecret): string;
}

export function createSecrets(key: EncryptionKey | null): Secrets {
  const requireKey = () => {
    if (key) return key;
    throw new FailedPrecondition(
      'This server has no key to encrypt secrets with: set ROLLCALL_ENCRYPTION_KEY_FILE to a file that holds one (openssl rand -base64 32).',
    );
  };
  return {
    open(place, sealed) {
      if (!key) throw new UnopenableSecret(place, 'this server has no key');
      return openSecret(key, place, sealed);
    },
    async storeSecrets(tx, agentId, given) {
      const fields = Object.keys(given).filter((field) => given[field] !== undefined);
      if (fields.length === 0) return [];
      const rows = fields.flatMap((field) => {
        const value = given[field];
        return value == null ? [] : [{ agentId, field, ...sealSecret(requireKey(), { agentId, field }, value) }];
      });
      const former = (await deleteSecrets(tx, [agentId], fields)).map(({ field }) => field);
      await tx.insert(AgentSecret, rows);
      return fields.flatMap((field) => {
        const before = former.includes(field) ? IS_SET : null;
        const after = given[field] === null ? null : before === null ? IS_SET : IS_SET_ANEW;
        return before === after ? [] : [{ field, before, after }];
      });
    },
  };
}

/** Removes all secrets of these agents, and tells by agent what went, in the words of the audit trail. */
export async function clearSecrets(tx: EntityManager, agentIds: string[]): Promise<Map<string, FieldChange[]>> {
  const gone = await deleteSecrets(tx, agentIds, null);
  return byAgent(gone, (fields) => fields.map((field) => ({ field, before: IS_SET, after: null })));
}

/** Which secrets agents have, by agent; one without any is left out. */
export async function secretsSet(db: EntityManager, agentIds: readonly string[]): Promise<Map<string, Set<string>>> {
  const rows = await db.query<Place[]>('SELECT agent_id, field FROM agent_secret WHERE agent_id = ANY ($1::uuid[])', [
    agentIds,
  ]);
  return byAgent(rows, (fields) => new Set(fields));
}

interface Place {
  agent_id: string;
  field: string;
}

/** Of all fields when none are named. */
async function deleteSecrets(tx: EntityManager, agentIds: string[], fields: string[] | null): Promise<Place[]> {
  const [rows] = await tx.query<[Place[], number]>(
    `DELETE FROM agent_secret WHERE agent_id = ANY ($1::uuid[]) AND ($2::text[] IS NULL OR field = ANY ($2::text[]))
     RETURNING agent_id, field`,
    [agentIds, fields],
  );
  return rows;
}

function byAgent<T>(places: Place[], collect: (fields: string[]) => T): Map<string, T> {
  const fields = new Map<string, string[]>();
  for (const { agent_id, field } of places) fields.set(agent_id, [...(fields.get(agent_id) ?? []), field]);
  return new Map([...fields].map(([agentId, own]) => [agentId, collect(own.toSorted())]));
}
