import type { EntityManager } from 'typeorm';
import { Role } from '../access/role';
import type { FieldChange } from '../audit/audit-event';
import { changesOf } from '../audit/changes';
import type { Context } from '../context';
import { secretsSet } from '../secret/secrets';
import type { Agent } from './agent';
import type { AgentKind } from './agent-kind';
import type { GivenSettings } from './kind-inputs';
import { answerBy } from './secret-loader';
import { ruleOf } from './settings';
import { givenSecrets } from './store-agent';

/** Whether the caller might use a change of where secrets go to learn them. */
export function mayNotMoveSecrets({ caller }: Context): boolean {
  return caller?.role !== Role.ADMIN;
}

/**
 * Stores the given secrets of an agent that is updated. Where the update changes what protects them on their way, those that are not given
 * anew are cleared: who does not know a secret could otherwise have it sent where it can be read. Tells what became of them.
 */
export async function storeGuardedSecrets(
  tx: EntityManager,
  context: Context,
  kind: AgentKind,
  before: Agent,
  after: Agent,
  given: GivenSettings,
): Promise<FieldChange[]> {
  const guards = kind.settings.filter((name) => ruleOf(name).guardsSecrets);
  const isMoved = changesOf(before, after, Object.fromEntries(guards.map((name) => [name, name]))).length > 0;
  const exposed = isMoved && mayNotMoveSecrets(context) ? await secretsSet(tx, [before.id]) : new Map();
  const cleared = Object.fromEntries([...(exposed.get(before.id) ?? [])].map((field) => [field, null]));
  const changes = await context.secrets.storeSecrets(tx, before.id, { ...cleared, ...givenSecrets(kind, given) });
  if (changes.length > 0) await answerBy(tx, context, [before.id]);
  return changes;
}
