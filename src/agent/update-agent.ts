import type { QueryDeepPartialEntity } from 'typeorm';
import type { FieldChange } from '../audit/audit-event';
import { changesOf } from '../audit/changes';
import type { Context } from '../context';
import type { FieldFault } from '../errors';
import { InventoryObject } from '../inventory/inventory-change';
import { updateItem, type Given, type Update, type UpdateRules } from '../inventory/update-item';
import { labelFaults, labelMap, type LabelInput } from '../label/label';
import { onlyOne } from '../only-one';
import { Agent } from './agent';
import { AGENT_KINDS, kindOfType } from './agent-kinds';
import { settingsFaults } from './agent-rules';
import { AgentType } from './agent-type';
import { raiseGeneration } from './generation';
import { storeGuardedSecrets } from './guarded-secrets';
import type { GivenSettings } from './kind-inputs';
import { lockSupervisor } from './lock-supervisor';
import { nameOfAgent, storedSettings, TOLD_OF_AGENT, TOLD_OF_SETTINGS } from './store-agent';
import type { AgentSettings, UpdateAgentInput, UpdateAgentPayload } from './update-agent.input';

/** Changes an agent: what is absent stays, null clears, a value sets. Id, type and relations stay. */
export async function updateAgent(context: Context, input: UpdateAgentInput): Promise<UpdateAgentPayload> {
  const settings = settingsOf(input.settings);
  const { item, changes } = await updateItem(context, updateRules(context, settings), input);
  return { agent: item, changes };
}

/** Settings for agents of one type, and where they stand in the input. */
interface SettingsOfType {
  type: AgentType;
  given: GivenSettings;
  path: string;
}

function settingsOf(settings: AgentSettings | null | undefined): SettingsOfType | null {
  if (!settings) return null;
  const [name, given] = onlyOne(settings, 'input.settings');
  return { type: AGENT_KINDS[name].type, given, path: `input.settings.${name}` };
}

function updateRules(context: Context, settings: SettingsOfType | null): UpdateRules<Agent> {
  return {
    noun: 'agent',
    object: InventoryObject.AGENT,
    entity: Agent,
    kindOf: () => ({ entity: Agent, ownFields: [] }),
    typeFields: [],
    required: ['disabled', 'settings'],
    faults: ({ type }, { labels, disabled }) => [
      ...labelFaults((labels as LabelInput[] | null | undefined) ?? [], 'input.labels'),
      ...(disabled === true && type === AgentType.HOST_AGENT ? [HOST_AGENT_RUNS] : []),
      ...(settings ? faultsFor(type, settings) : []),
    ],
    stored: (given, before) => storedFacts(given, before, settings),
    told: TOLD_OF_AGENT,
    nameOf: (agent, tx) => nameOfAgent(tx, agent),
    lockFirst: lockSupervisor,
    follow: (update) => follow(context, update, settings?.given ?? {}),
  };
}

const HOST_AGENT_RUNS: FieldFault = {
  path: 'input.disabled',
  message: 'A host agent is not stopped from here: stop it on its node, or revoke its key.',
};

function faultsFor(type: AgentType, settings: SettingsOfType): FieldFault[] {
  const { path, given } = settings;
  if (settings.type !== type) return [{ path, message: `An agent of type ${type} has none of these.` }];
  return settingsFaults(kindOfType(type)!, given, path);
}

function storedFacts(
  { disabled, labels }: Given,
  before: Agent,
  settings: SettingsOfType | null,
): QueryDeepPartialEntity<Agent> {
  return {
    ...(disabled !== undefined && { disabled: disabled as boolean }),
    ...(labels !== undefined && { labelMap: labelMap((labels as LabelInput[] | null) ?? []) }),
    ...(settings && storedSettings(kindOfType(before.type)!, settings.given, before.settings)),
  };
}

/** Its secrets, and its host agent, which is told when it should run something else. */
async function follow(
  context: Context,
  { tx, before, after }: Update<Agent>,
  given: GivenSettings,
): Promise<FieldChange[]> {
  const kind = kindOfType(before.type);
  if (!kind) return [];
  const secrets = await storeGuardedSecrets(tx, context, kind, before, after, given);
  const runs = { disabled: 'disabled', ...TOLD_OF_SETTINGS };
  if (before.supervisorId !== null && secrets.length + changesOf(before, after, runs).length > 0)
    await raiseGeneration(tx, 'id = $1', before.supervisorId);
  return secrets;
}
