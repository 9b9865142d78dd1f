import { Check, Column, Entity, Index, PrimaryColumn, TableInheritance } from 'typeorm';
import { Field, ID, InterfaceType } from 'type-graphql';
import { Label, labelsOf, type LabelMap } from '../label/label';
import { DateTime } from '../scalars/date-time';
import { NodeType } from './node-type';

/** The unique index on lower(name) (migrations); node names are unique regardless of case. */
export const NODE_NAME_KEY = 'node_name_key';
/** Managed instances are told apart by address and region. */
export const RDS_ADDRESS_KEY = 'node_rds_address_key';
export const AZURE_ADDRESS_KEY = 'node_azure_address_key';
/** The address of an RDS instance is its identifier, without dots. */
export const RDS_ADDRESS_CHECK = 'node_rds_address_check';
/** What a container is called by its runtime. */
export const CONTAINER_ID_KEY = 'node_container_id_key';

@Entity('node')
@TableInheritance({ column: { name: 'type', type: 'text' } })
@Check('node_type_check', `type IN ('GENERIC', 'CONTAINER', 'REMOTE', 'REMOTE_RDS', 'REMOTE_AZURE_DATABASE')`)
@Check('node_name_check', `name ~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$'`)
@Check('node_region_check', `type NOT IN ('REMOTE_RDS', 'REMOTE_AZURE_DATABASE') OR region IS NOT NULL`)
@Check(RDS_ADDRESS_CHECK, `type <> 'REMOTE_RDS' OR position('.' in address) = 0`)
@Check('node_labels_check', `jsonb_typeof(labels) = 'object'`)
@Index('node_type_idx', ['type'])
@Index('node_environment_idx', ['environment'])
@Index(RDS_ADDRESS_KEY, ['address', 'region'], { unique: true, where: `type = 'REMOTE_RDS'` })
@Index(AZURE_ADDRESS_KEY, ['address', 'region'], { unique: true, where: `type = 'REMOTE_AZURE_DATABASE'` })
@Index('node_environment_created_at_idx', ['environment', 'createdAt', 'id'])
@Index('node_environment_updated_at_idx', ['environment', 'updatedAt', 'id'])
@Index('node_created_at_idx', ['createdAt', 'id'])
@Index('node_updated_at_idx', ['updatedAt', 'id'])
@InterfaceType({
  description:
    'A machine: bare metal, virtual machine, container, or a managed instance. Runs zero or more services and agents.',
})
export abstract class Node {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'node_pkey' })
  @Field(() => ID, { description: 'Its id, made by the server; it never changes.' })
  id: string;

  @Column('text')
  @Field(() => NodeType, { description: 'What kind of node it is.' })
  type: NodeType;

  @Column('text')
  @Field(() => String, { description: 'Unique, regardless of case.' })
  name: string;

  @Column('text')
  @Field(() => String, { description: 'Where it is reached: an IP address or a host name.' })
  address: string;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'The model of the machine, as its owner names it.' })
  model: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'Datacenter or cloud region.' })
  region: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'Availability zone.' })
  zone: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'What it is used for, such as production.' })
  environment: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'Operating system and architecture, such as linux/amd64.' })
  os: string | null;

  @Column('text', { array: true, default: [] })
  @Field(() => [String], { description: 'Words that somebody gave to it.' })
  tags: string[];

  @Column('jsonb', { name: 'labels', default: {} })
  labelMap: LabelMap;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When it came on the roll.' })
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'updated_at', default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When its facts last changed; heartbeats leave it alone.' })
  updatedAt: Date;

  @Field(() => [Label], { description: 'Names and values that somebody gave to it, by name.' })
  get labels(): Label[] {
    return labelsOf(this.labelMap);
  }
}
