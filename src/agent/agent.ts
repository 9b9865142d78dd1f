import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, TableInheritance } from 'typeorm';
import { Field, ID, Int, InterfaceType } from 'type-graphql';
import { Label, labelsOf, type LabelMap } from '../label/label';
import { Node } from '../node/node';
import { DateTime } from '../scalars/date-time';
import { Service } from '../service/service';
import { AgentType, type ReportedStatus } from './agent-type';

/** A node has at most one host agent. */
export const HOST_AGENT_KEY = 'agent_host_agent_key';

@Entity('agent')
@TableInheritance({ column: { name: 'type', type: 'text' } })
@Check(
  'agent_type_check',
  `type IN ('HOST_AGENT', 'NODE_EXPORTER', 'MYSQLD_EXPORTER', 'MONGODB_EXPORTER', 'POSTGRES_EXPORTER', 'PROXYSQL_EXPORTER',
   'VALKEY_EXPORTER', 'RDS_EXPORTER', 'AZURE_DATABASE_EXPORTER', 'EXTERNAL_EXPORTER', 'QAN_MYSQL_PERFSCHEMA_AGENT',
   'QAN_MYSQL_SLOWLOG_AGENT', 'QAN_MONGODB_PROFILER_AGENT', 'QAN_MONGODB_MONGOLOG_AGENT',
   'QAN_POSTGRESQL_PGSTATEMENTS_AGENT', 'QAN_POSTGRESQL_PGSTATMONITOR_AGENT', 'VM_AGENT', 'NOMAD_AGENT',
   'RTA_MONGODB_AGENT')`,
)
@Check('agent_labels_check', `jsonb_typeof(labels) = 'object'`)
@Check('agent_settings_check', `jsonb_typeof(settings) = 'object'`)
@Check('agent_listen_port_check', 'listen_port BETWEEN 1 AND 65535')
@Check('agent_external_port_check', `type <> 'EXTERNAL_EXPORTER' OR listen_port IS NOT NULL`)
@Check(
  'agent_reported_status_check',
  `reported_status IS NULL OR reported_status IN ('STARTING', 'RUNNING', 'WAITING', 'STOPPING', 'DONE') AND supervisor_id IS NOT NULL`,
)
@Check('agent_supervisor_check', `(supervisor_id IS NULL) = (type IN ('HOST_AGENT', 'EXTERNAL_EXPORTER'))`)
@Check(
  'agent_observes_check',
  `num_nonnulls(observed_node_id, observed_service_id) = CASE WHEN type = 'HOST_AGENT' THEN 0 ELSE 1 END`,
)
@Index('agent_type_idx', ['type'])
@Index('agent_created_at_idx', ['createdAt', 'id'])
@Index('agent_updated_at_idx', ['updatedAt', 'id'])
@Index(HOST_AGENT_KEY, ['runsOnNodeId'], { unique: true, where: `type = 'HOST_AGENT'` })
@InterfaceType({ description: 'Something that runs on a node and gives insights about nodes or services.' })
export abstract class Agent {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'agent_pkey' })
  @Field(() => ID, { description: 'Its id, made by the server; it never changes.' })
  id: string;

  @Column('text')
  @Field(() => AgentType, { description: 'What kind of agent it is.' })
  type: AgentType;

  /** As its host agent last reported; null: it has not yet. */
  @Column('text', { name: 'reported_status', nullable: true })
  reportedStatus: ReportedStatus | null;

  /** The generation that its host agent ran when it reported. */
  @Column('integer', { name: 'status_generation', nullable: true })
  statusGeneration: number | null;

  @Column('text', { name: 'status_reason', nullable: true })
  @Field(() => String, { nullable: true, description: 'Why it is not running, in the words of whoever supervises it.' })
  statusReason: string | null;

  @Column('boolean', { default: false })
  @Field(() => Boolean, { description: 'Whether it is meant not to run.' })
  disabled: boolean;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'The version that it last reported.' })
  version: string | null;

  @Column('integer', { name: 'listen_port', nullable: true })
  @Field(() => Int, { nullable: true, description: 'Where it answers, once it runs.' })
  listenPort: number | null;

  @Column('jsonb', { name: 'labels', default: {} })
  labelMap: LabelMap;

  /** What an agent of its kind can be told, by name (settings.ts); what is not said is absent. */
  @Column('jsonb', { default: {} })
  settings: Record<string, unknown>;

  @Column('uuid', { name: 'runs_on_node_id' })
  @Index('agent_runs_on_node_id_idx')
  runsOnNodeId: string;

  @ManyToOne(() => Node, { nullable: false })
  @JoinColumn({ name: 'runs_on_node_id', foreignKeyConstraintName: 'agent_runs_on_node_id_fkey' })
  runsOnRow?: Node;

  @Column('uuid', { name: 'supervisor_id', nullable: true })
  @Index('agent_supervisor_id_idx')
  supervisorId: string | null;

  @ManyToOne(() => Agent)
  @JoinColumn({ name: 'supervisor_id', foreignKeyConstraintName: 'agent_supervisor_id_fkey' })
  supervisorRow?: Agent | null;

  @Column('uuid', { name: 'observed_node_id', nullable: true })
  @Index('agent_observed_node_id_idx')
  observedNodeId: string | null;

  @ManyToOne(() => Node)
  @JoinColumn({ name: 'observed_node_id', foreignKeyConstraintName: 'agent_observed_node_id_fkey' })
  observedNodeRow?: Node | null;

  @Column('uuid', { name: 'observed_service_id', nullable: true })
  @Index('agent_observed_service_id_idx')
  observedServiceId: string | null;

  @ManyToOne(() => Service)
  @JoinColumn({ name: 'observed_service_id', foreignKeyConstraintName: 'agent_observed_service_id_fkey' })
  observedServiceRow?: Service | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When it came on the roll.' })
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'updated_at', default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When its facts last changed; syncs leave it alone.' })
  updatedAt: Date;

  @Field(() => [Label], { description: 'Names and values that somebody gave to it, by name.' })
  get labels(): Label[] {
    return labelsOf(this.labelMap);
  }
}
