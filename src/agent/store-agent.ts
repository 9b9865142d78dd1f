import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import type { ToldFields } from '../audit/changes';
import type { GivenSecrets } from '../secret/secrets';
import type { Agent } from './agent';
import type { AgentKind } from './agent-kind';
import type { GivenSettings } from './kind-inputs';
import type { SettingRule } from './setting-kinds';
import { ruleOf, SETTINGS } from './settings';

/** All settings but the secrets, as they are told. */
export const TOLD_OF_SETTINGS: ToldFields = Object.fromEntries(
  Object.entries<SettingRule>(SETTINGS).flatMap(([name, { isSecret, written }]) =>
    isSecret ? [] : [[name, written ? { field: name, written } : name]],
  ),
);

/** What the audit trail and the answers to updates tell of an agent: its properties under their names in the schema. Secrets tell themselves. */
export const TOLD_OF_AGENT = {
  runsOnNodeId: 'runsOn',
  supervisorId: 'supervisor',
  observedNodeId: 'observedNode',
  observedServiceId: 'observedService',
  disabled: 'disabled',
  labelMap: 'labels',
  ...TOLD_OF_SETTINGS,
};

/** The given settings as they are stored over the former ones: absent stays, null goes, a value sets. */
export function storedSettings(
  kind: AgentKind,
  given: GivenSettings,
  former: GivenSettings = {},
): QueryDeepPartialEntity<Agent> {
  const merged = { ...former, ...pick(kind, given, (rule) => !rule.isSecret && !rule.hasColumn) };
  const settings = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  return { settings, ...pick(kind, given, (rule) => rule.hasColumn) } as QueryDeepPartialEntity<Agent>;
}

/** The given secrets. */
export function givenSecrets(kind: AgentKind, given: GivenSettings): GivenSecrets {
  return pick(kind, given, (rule) => rule.isSecret) as GivenSecrets;
}

function pick({ settings }: AgentKind, given: GivenSettings, holds: (rule: SettingRule) => boolean | undefined) {
  const names = settings.filter((name) => holds(ruleOf(name)) && given[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, given[name]]));
}

/** What an agent is called where it needs a name: what it is, and where it runs. */
export async function nameOfAgent(tx: EntityManager, { type, runsOnNodeId }: Agent): Promise<string> {
  const [node] = await tx.query<{ name: string }[]>('SELECT name FROM node WHERE id = $1', [runsOnNodeId]);
  return `${type} on ${node!.name}`;
}
