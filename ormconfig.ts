import { DataSource } from 'typeorm';
import { ApiKey } from './src/access/api-key';
import { Agent } from './src/agent/agent';
import { AGENT_CLASSES } from './src/agent/agent-kinds';
import { HostAgent } from './src/agent/host-agent';
import { AuditChain } from './src/audit/audit-chain';
import { AuditEvent } from './src/audit/audit-event';
import { AuditUnchained } from './src/audit/audit-unchained';
import { ClientRegistry } from './src/client-registry/client-registry';
import { RegistrationRequest } from './src/client-registry/registration-request';
import { FailedEnrolment } from './src/rate-limit/failed-enrolment';
import * as migrations from './src/migrations';
import { Node } from './src/node/node';
import { NODE_KINDS } from './src/node/node-kinds';
import { RegistrationToken } from './src/registration-token/registration-token';
import { RegistrationTokenClaim } from './src/registration-token/registration-token-claim';
import { AgentSecret } from './src/secret/agent-secret';
import { Service } from './src/service/service';
import { SERVICE_KINDS } from './src/service/service-kinds';
import { Hearing } from './src/sync/hearing';
import { Liveness } from './src/sync/liveness';

/** The one DataSource. Where the database is, is set before it is initialized (src/database/data-source.ts). */
export const dataSource = new DataSource({
  type: 'postgres',
  entities: [
    Node,
    ...Object.values(NODE_KINDS).map(({ entity }) => entity),
    Service,
    ...Object.values(SERVICE_KINDS).map(({ entity }) => entity),
    Agent,
    HostAgent,
    ...Object.values(AGENT_CLASSES),
    AgentSecret,
    Liveness,
    Hearing,
    RegistrationToken,
    RegistrationTokenClaim,
    ClientRegistry,
    RegistrationRequest,
    ApiKey,
    AuditEvent,
    AuditChain,
    AuditUnchained,
    FailedEnrolment,
  ],
  migrations: Object.values(migrations),
  // The log is the server's, on stdout: TypeORM's own lines would stand between its JSON.
  logger: 'debug',
  // One transaction for all that are pending: an upgrade that fails leaves the database as it was.
  migrationsTransactionMode: 'all',
  // No extension is needed: installing one may need rights that a managed database does not give. (A migration tries pg_trgm.)
  uuidExtension: 'pgcrypto',
  installExtensions: false,
});
