import type { EntityManager } from 'typeorm';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { FailedPrecondition, InvalidInput, type FieldFault } from '../errors';
import { Parameters } from '../filter/parameters';
import { changeInventory } from '../inventory/change-inventory';
import { dependantsOfNodes, removeItems } from '../inventory/remove-items';
import { nodeStatusSql } from '../sync/status';
import { nodeCondition } from './node-filter';
import type { KeptNode, RemoveStaleNodesInput, RemoveStaleNodesPayload } from './remove-stale-nodes.input';

const SHORTEST_SILENCE_SECONDS = 3600;
const MOST_AT_ONCE = 1000;

/**
 * Takes silent nodes off the roll with all that hangs on them, a batch in one transaction. Nodes without a host agent never go, nor do
 * those whose agents observe what is elsewhere.
 */
export async function removeStaleNodes(
  context: Context,
  input: RemoveStaleNodesInput,
): Promise<RemoveStaleNodesPayload> {
  const faults = inputFaults(input);
  if (faults.length > 0) throw new InvalidInput(faults);
  const { payload, endedKeys } = await countingRefusals(context, { action: 'node.remove_stale' }, () =>
    changeInventory(
      context,
      async ({ tx, changed }) => {
        await refuseRecentGap(tx);
        const stale = await staleNodes(tx, input);
        const removed = await removeItems(tx, context, {
          nodes: stale.removable,
          ...(await dependantsOfNodes(
            tx,
            stale.removable.map(({ id }) => id),
          )),
        });
        removed.changes.forEach(changed);
        const nodeIds = stale.removable.map(({ id }) => id);
        return { payload: { nodeIds, kept: stale.kept, remaining: stale.remaining }, endedKeys: removed.endedKeys };
      },
      input,
    ),
  );
  if (!input.dryRun) context.keyCache.evict(endedKeys);
  return payload;
}

function inputFaults({ silentFor, limit }: RemoveStaleNodesInput): FieldFault[] {
  const faults: FieldFault[] = [];
  if (silentFor < SHORTEST_SILENCE_SECONDS) faults.push({ path: 'input.silentFor', message: 'Give an hour at least.' });
  if (limit < 1 || limit > MOST_AT_ONCE)
    faults.push({ path: 'input.limit', message: `Give a number from 1 to ${MOST_AT_ONCE}.` });
  return faults;
}

/** After a time in which no server listened, every agent has had the time to be heard again before it is called silent. */
async function refuseRecentGap(tx: EntityManager): Promise<void> {
  const [gap] = await tx.query<{ seconds: number }[]>(
    `SELECT ceil(extract(epoch FROM heard_since - clock_timestamp()
              + make_interval(secs => 3 * (SELECT coalesce(max(sync_interval_seconds), 0) FROM liveness))))::int AS seconds
     FROM hearing`,
  );
  if (gap && gap.seconds > 0)
    throw new FailedPrecondition(
      `No server listened until a short while ago, and agents that were heard of by none are not silent yet. Try again in ${gap.seconds} s.`,
      { retryAfterSeconds: gap.seconds },
    );
}

interface StaleNode {
  id: string;
  name: string;
  elsewhere: number;
}

/** What the agents that run on the node `item` observe of other nodes. */
const ELSEWHERE = `(
  SELECT count(*)::int FROM agent LEFT JOIN service ON service.id = agent.observed_service_id
  WHERE agent.runs_on_node_id = item.id AND coalesce(service.node_id, agent.observed_node_id) <> item.id)`;

/** Locked with their liveness: one that is heard of meanwhile is looked at again, and stays. */
async function staleNodes(tx: EntityManager, { silentFor, filter, limit }: RemoveStaleNodesInput) {
  const parameters = new Parameters();
  const stale = `FROM node AS item
    JOIN agent AS host ON host.runs_on_node_id = item.id AND host.type = 'HOST_AGENT'
    JOIN liveness ON liveness.agent_id = host.id
    WHERE coalesce(liveness.last_seen_at, item.created_at) < clock_timestamp() - make_interval(secs => ${parameters.add(silentFor)})
      AND ${nodeStatusSql('item.id')} = 'INACTIVE' AND ${nodeCondition(filter, parameters)}`;
  const select = (condition: string, lock: string) =>
    tx.query<StaleNode[]>(
      `SELECT item.id, item.name, ${ELSEWHERE} AS elsewhere ${stale} AND ${ELSEWHERE} ${condition}
       ORDER BY item.id LIMIT ${limit} ${lock}`,
      parameters.values,
    );
  const removable = await select('= 0', 'FOR UPDATE OF item, liveness');
  const kept = await select('> 0', '');
  const [counted] = await tx.query<{ count: number }[]>(
    `SELECT count(*)::int AS count ${stale} AND ${ELSEWHERE} = 0`,
    parameters.values,
  );
  return { removable, kept: kept.map(keptNode), remaining: counted!.count - removable.length };
}

function keptNode({ id, elsewhere }: StaleNode): KeptNode {
  const what = elsewhere === 1 ? 'one thing' : `${elsewhere} things`;
  return { nodeId: id, reason: `Its agents observe ${what} of other nodes.` };
}
