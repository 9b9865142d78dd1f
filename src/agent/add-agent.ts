import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { changesOf } from '../audit/changes';
import type { Context } from '../context';
import { InvalidInput } from '../errors';
import { addItem, type Added } from '../inventory/add-item';
import { InventoryObject } from '../inventory/inventory-change';
import { labelFaults, labelMap } from '../label/label';
import { onlyOne } from '../only-one';
import type { AddAgentInput, AddAgentPayload } from './add-agent.input';
import { addHostAgent } from './add-host-agent';
import { Agent } from './agent';
import type { AgentKind } from './agent-kind';
import { AGENT_CLASSES, AGENT_KINDS } from './agent-kinds';
import { settingsFaults } from './agent-rules';
import type { AddedAgent } from './kind-inputs';
import { placeAgent } from './place-agent';
import { givenSecrets, nameOfAgent, storedSettings, TOLD_OF_AGENT } from './store-agent';

/** Puts an agent on the roll, and tells the host agent that is to run it. */
export async function addAgent(context: Context, input: AddAgentInput): Promise<AddAgentPayload> {
  const [name, given] = onlyOne(input, 'input');
  const path = `input.${name}`;
  const faults = labelFaults(given.labels ?? [], `${path}.labels`);
  if (name === 'hostAgent') return { agent: await addHostAgent(context, input.hostAgent!, faults) };
  const kind = AGENT_KINDS[name];
  const added = given as AddedAgent;
  faults.push(...settingsFaults(kind, added, path));
  if (faults.length > 0) throw new InvalidInput(faults);
  const insert = (tx: EntityManager) => insertAgent(tx, context, kind, added, path);
  return { agent: await addItem(context, { noun: 'agent', object: InventoryObject.AGENT, insert }) };
}

async function insertAgent(
  tx: EntityManager,
  { secrets }: Context,
  kind: AgentKind,
  given: AddedAgent,
  path: string,
): Promise<Added<Agent>> {
  const id = uuidv7();
  const { disabled, labels } = given;
  const place = await placeAgent(tx, kind, given, path);
  const values = { ...place, ...storedSettings(kind, given), id, disabled, labelMap: labelMap(labels ?? []) };
  await tx.insert<Agent>(AGENT_CLASSES[kind.type], values);
  const agent = await tx.findOneByOrFail<Agent>(Agent, { id });
  const changes = [
    ...changesOf(blankOf(kind), agent, TOLD_OF_AGENT),
    ...(await secrets.storeSecrets(tx, id, givenSecrets(kind, given))),
  ];
  return { item: agent, name: await nameOfAgent(tx, agent), changes };
}

/** An agent of which nothing is said: what it has then is no news. */
function blankOf(kind: AgentKind): Agent {
  return Object.assign(new AGENT_CLASSES[kind.type](), { settings: {}, disabled: false });
}
