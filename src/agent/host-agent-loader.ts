import { Any } from 'typeorm';
import { loader, type LoaderContext } from '../loader';
import { HostAgent } from './host-agent';

/** The host agent of a node; null when it has none. */
export function hostAgentOfNode(context: LoaderContext, nodeId: string): Promise<HostAgent | null> {
  return loader<string, HostAgent>(context, hostAgentOfNode, async (db, nodeIds) => {
    const agents = await db.find(HostAgent, { where: { runsOnNodeId: Any([...nodeIds]) } });
    return new Map(agents.map((agent) => [agent.runsOnNodeId, agent]));
  }).load(nodeId);
}
