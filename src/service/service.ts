import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, TableInheritance } from 'typeorm';
import { Field, ID, Int, InterfaceType } from 'type-graphql';
import { Label, labelsOf, type LabelMap } from '../label/label';
import { Node } from '../node/node';
import { DateTime } from '../scalars/date-time';
import { ServiceType } from './service-type';

/** The unique index on lower(name) (migrations); service names are unique regardless of case, across all types. */
export const SERVICE_NAME_KEY = 'service_name_key';

@Entity('service')
@TableInheritance({ column: { name: 'type', type: 'text' } })
@Check('service_type_check', `type IN ('MYSQL', 'MONGODB', 'POSTGRESQL', 'VALKEY', 'PROXYSQL', 'HAPROXY', 'EXTERNAL')`)
@Check('service_name_check', 'char_length(name) BETWEEN 1 AND 300')
@Check('service_labels_check', `jsonb_typeof(labels) = 'object'`)
@Check('service_port_check', 'port BETWEEN 1 AND 65535')
@Check(
  'service_endpoint_check',
  `(address IS NULL) = (port IS NULL)
   AND num_nonnulls(port, socket) = CASE WHEN type IN ('HAPROXY', 'EXTERNAL') THEN 0 ELSE 1 END`,
)
@Check('service_group_check', `(type = 'EXTERNAL') = (external_group IS NOT NULL) AND external_group <> ''`)
@Index('service_type_idx', ['type'])
@Index('service_cluster_idx', ['cluster'])
@Index('service_environment_created_at_idx', ['environment', 'createdAt', 'id'])
@Index('service_environment_updated_at_idx', ['environment', 'updatedAt', 'id'])
@Index('service_created_at_idx', ['createdAt', 'id'])
@Index('service_updated_at_idx', ['updatedAt', 'id'])
@InterfaceType({ description: 'Something useful that runs on a node: a database, a proxy.' })
export abstract class Service {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'service_pkey' })
  @Field(() => ID, { description: 'Its id, made by the server; it never changes.' })
  id: string;

  @Column('text')
  @Field(() => ServiceType, { description: 'What kind of service it is.' })
  type: ServiceType;

  @Column('text')
  @Field(() => String, { description: 'Unique across all types, regardless of case.' })
  name: string;

  @Column('uuid', { name: 'node_id' })
  @Index('service_node_id_idx')
  nodeId: string;

  @ManyToOne(() => Node, { nullable: false })
  @JoinColumn({ name: 'node_id', foreignKeyConstraintName: 'service_node_id_fkey' })
  nodeRow?: Node;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'What it is used for, such as production.' })
  environment: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'The database cluster that it belongs to.' })
  cluster: string | null;

  @Column('text', { name: 'replication_set', nullable: true })
  @Field(() => String, { nullable: true, description: 'The replication set that it belongs to.' })
  replicationSet: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'The version that was last reported.' })
  version: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'Where it is reached from its node; with a port.' })
  address: string | null;

  @Column('integer', { nullable: true })
  @Field(() => Int, { nullable: true, description: 'The port at the address.' })
  port: number | null;

  @Column('text', { nullable: true })
  @Field(() => String, {
    nullable: true,
    description: 'The socket that it is reached by, in place of address and port.',
  })
  socket: string | null;

  @Column('jsonb', { name: 'labels', default: {} })
  labelMap: LabelMap;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When it came on the roll.' })
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'updated_at', default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When its facts last changed.' })
  updatedAt: Date;

  @Field(() => [Label], { description: 'Names and values that somebody gave to it, by name.' })
  get labels(): Label[] {
    return labelsOf(this.labelMap);
  }
}
