import { FailedPrecondition } from '../errors';
import { NodeType } from '../node/node-type';
import { ServiceType } from '../service/service-type';
import { AgentType } from './agent-type';

/** The kind of service that a kind of agent understands. */
const SERVICE_OF: { [Type in AgentType]?: ServiceType } = {
  [AgentType.MYSQLD_EXPORTER]: ServiceType.MYSQL,
  [AgentType.QAN_MYSQL_PERFSCHEMA_AGENT]: ServiceType.MYSQL,
  [AgentType.QAN_MYSQL_SLOWLOG_AGENT]: ServiceType.MYSQL,
  [AgentType.MONGODB_EXPORTER]: ServiceType.MONGODB,
  [AgentType.QAN_MONGODB_PROFILER_AGENT]: ServiceType.MONGODB,
  [AgentType.QAN_MONGODB_MONGOLOG_AGENT]: ServiceType.MONGODB,
  [AgentType.RTA_MONGODB_AGENT]: ServiceType.MONGODB,
  [AgentType.POSTGRES_EXPORTER]: ServiceType.POSTGRESQL,
  [AgentType.QAN_POSTGRESQL_PGSTATEMENTS_AGENT]: ServiceType.POSTGRESQL,
  [AgentType.QAN_POSTGRESQL_PGSTATMONITOR_AGENT]: ServiceType.POSTGRESQL,
  [AgentType.PROXYSQL_EXPORTER]: ServiceType.PROXYSQL,
  [AgentType.VALKEY_EXPORTER]: ServiceType.VALKEY,
  [AgentType.EXTERNAL_EXPORTER]: ServiceType.EXTERNAL,
};

/** The one kind of agent that gets on with nodes of a kind; others take any. */
const AGENT_OF: { [Type in NodeType]?: AgentType } = {
  [NodeType.REMOTE]: AgentType.EXTERNAL_EXPORTER,
  [NodeType.REMOTE_RDS]: AgentType.RDS_EXPORTER,
  [NodeType.REMOTE_AZURE_DATABASE]: AgentType.AZURE_DATABASE_EXPORTER,
};

/** Throws FailedPrecondition when agents of this type do not understand services of that. */
export function refuseForeignService(agent: AgentType, service: ServiceType, path: string): void {
  const wanted = SERVICE_OF[agent];
  if (wanted !== service)
    throw new FailedPrecondition(`A ${agent} observes a service of type ${wanted}; this one is ${service}.`, {}, path);
}

/** Throws FailedPrecondition when an agent of this type neither observes such a node nor, unsupervised, runs there. */
export function refuseForeignNode(agent: AgentType, node: NodeType, path: string): void {
  const wanted = AGENT_OF[node];
  if (wanted !== undefined && wanted !== agent)
    throw new FailedPrecondition(
      `A node of type ${node} goes with agents of type ${wanted} alone; this is ${agent}.`,
      {},
      path,
    );
}
