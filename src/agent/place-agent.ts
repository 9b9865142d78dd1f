import type { EntityManager } from 'typeorm';
import { FailedPrecondition, NotFound } from '../errors';
import { holdNodes } from '../node/hold-nodes';
import { isUuid } from '../scalars/uuid';
import type { ServiceType } from '../service/service-type';
import type { AgentKind } from './agent-kind';
import { AgentType } from './agent-type';
import { refuseForeignNode, refuseForeignService } from './compatibility';
import { raiseGeneration } from './generation';
import type { AddedAgent } from './kind-inputs';

/** What an agent is related to, as it is stored. */
export interface AgentPlace {
  runsOnNodeId: string;
  supervisorId: string | null;
  observedNodeId: string | null;
  observedServiceId: string | null;
}

/**
 * Where an agent of this kind will run and what it will observe. All of it is held until the transaction ends: nodes, then the service,
 * then the host agent, which is told, in the order that removals have. Throws NotFound, and FailedPrecondition where they do not go together.
 */
export async function placeAgent(
  tx: EntityManager,
  kind: AgentKind,
  given: AddedAgent,
  path: string,
): Promise<AgentPlace> {
  const supervisor = kind.isSupervised ? await findSupervisor(tx, given.supervisorId!, `${path}.supervisorId`) : null;
  const runsOnNodeId = supervisor?.runs_on_node_id ?? given.runsOnNodeId!.toLowerCase();
  const observed = kind.observes === 'NODE' ? given.nodeId!.toLowerCase() : runsOnNodeId;
  const observedPath = `${path}.${kind.observes === 'NODE' ? 'nodeId' : kind.isSupervised ? 'supervisorId' : 'runsOnNodeId'}`;
  const types = await holdNodes(tx, [runsOnNodeId, observed], observedPath);
  // What observes a service may run anywhere, unless nobody supervises it there.
  if (kind.observes !== 'SERVICE' || !kind.isSupervised)
    refuseForeignNode(kind.type, types.get(observed)!, observedPath);
  const service = kind.observes === 'SERVICE' ? await holdService(tx, given.serviceId!, `${path}.serviceId`) : null;
  if (service) refuseForeignService(kind.type, service.type, `${path}.serviceId`);
  if (supervisor && (await raiseGeneration(tx, 'id = $1', supervisor.id)) === 0)
    throw new NotFound('host agent', `${path}.supervisorId`);
  return {
    runsOnNodeId,
    supervisorId: supervisor?.id ?? null,
    observedNodeId: service ? null : observed,
    observedServiceId: service?.id ?? null,
  };
}

interface Supervisor {
  id: string;
  type: AgentType;
  runs_on_node_id: string;
}

async function findSupervisor(tx: EntityManager, id: string, path: string): Promise<Supervisor> {
  const [agent] = isUuid(id)
    ? await tx.query<Supervisor[]>('SELECT id, type, runs_on_node_id FROM agent WHERE id = $1', [id])
    : [];
  if (!agent) throw new NotFound('host agent', path);
  if (agent.type !== AgentType.HOST_AGENT)
    throw new FailedPrecondition(`Only a HOST_AGENT supervises others; this one is ${agent.type}.`, {}, path);
  return agent;
}

async function holdService(tx: EntityManager, id: string, path: string): Promise<{ id: string; type: ServiceType }> {
  const [service] = isUuid(id)
    ? await tx.query<{ id: string; type: ServiceType }[]>('SELECT id, type FROM service WHERE id = $1 FOR KEY SHARE', [
        id,
      ])
    : [];
  if (!service) throw new NotFound('service', path);
  return service;
}
