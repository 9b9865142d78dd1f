import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, VirtualColumn } from 'typeorm';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Actor } from '../access/actor';
import { Label, labelsOf, type LabelMap } from '../label/label';
import { Node } from '../node/node';
import { DateTime } from '../scalars/date-time';

export enum TokenStatus {
  ACTIVE = 'ACTIVE',
  USED = 'USED',
  EXPIRED = 'EXPIRED',
  REVOKED = 'REVOKED',
}

registerEnumType(TokenStatus, {
  name: 'TokenStatus',
  description:
    'Whether a token still enrols. When several hold: REVOKED, then USED, then EXPIRED; errors in the same order.',
  valuesConfig: {
    ACTIVE: { description: 'It enrols.' },
    USED: { description: 'All of its uses are spent.' },
    EXPIRED: { description: 'Its time is over.' },
    REVOKED: { description: 'An administrator ended it.' },
  },
});

/** The status of the row `token` by the database's clock, in SQL. */
export function tokenStatusSql(token: string): string {
  return `CASE WHEN ${token}.revoked_at IS NOT NULL THEN 'REVOKED' WHEN ${token}.uses >= ${token}.max_uses THEN 'USED'
    WHEN ${token}.expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE 'ACTIVE' END`;
}

@Entity('registration_token')
@Check('registration_token_max_uses_check', 'max_uses BETWEEN 1 AND 10000')
@Check('registration_token_uses_check', 'uses BETWEEN 0 AND max_uses')
@Check('registration_token_replaces_check', 'replaces_node_id IS NULL OR max_uses = 1')
@Check('registration_token_labels_check', `jsonb_typeof(labels) = 'object'`)
@Index('registration_token_created_at_idx', ['createdAt', 'id'])
@ObjectType({
  description:
    'A secret that an administrator issues; by default it enrols one agent, once. The secret itself is not kept.',
})
export class RegistrationToken {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'registration_token_pkey' })
  @Field(() => ID, { description: 'Its id.' })
  id: string;

  @Column('text', { name: 'public_id' })
  @Index('registration_token_public_id_key', { unique: true })
  @Field(() => String, {
    description: 'The part of the secret that may be shown: it names the token in lists, logs and the audit trail.',
  })
  publicId: string;

  @Column('bytea', { name: 'secret_hash' })
  secretHash: Buffer;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'What it is for, in words.' })
  description: string | null;

  @Column('integer', { name: 'max_uses' })
  @Field(() => Int, { description: 'How many agents it may enrol.' })
  maxUses: number;

  @Column('integer', { default: 0 })
  @Field(() => Int, { description: 'How many agents it has enrolled. Removing an agent gives no use back.' })
  uses: number;

  @Column('text', { name: 'node_name', nullable: true })
  @Field(() => String, { nullable: true, description: 'Exact name, or a pattern with *, that the node must have.' })
  nodeName: string | null;

  @Column('uuid', { name: 'replaces_node_id', nullable: true })
  @Index('registration_token_replaces_node_id_idx')
  replacesNodeId: string | null;

  @ManyToOne(() => Node)
  @JoinColumn({ name: 'replaces_node_id', foreignKeyConstraintName: 'registration_token_replaces_node_id_fkey' })
  replacesRow?: Node | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'The region that the nodes get, whatever the agent says.' })
  region: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'The environment that the nodes get, whatever the agent says.' })
  environment: string | null;

  @Column('text', { array: true, default: [] })
  @Field(() => [String], { description: 'Tags that the nodes get, beside those that the agent gives.' })
  tags: string[];

  @Column('jsonb', { name: 'labels', default: {} })
  labelMap: LabelMap;

  @Column('text', { name: 'created_by_name' })
  createdByName: string;

  @Column('text', { name: 'created_by_key_public_id', nullable: true })
  createdByKeyPublicId: string | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When it was issued.' })
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'expires_at' })
  @Field(() => DateTime, { description: 'When it ends.' })
  expiresAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'last_used_at', nullable: true })
  @Field(() => DateTime, { nullable: true, description: 'When it last enrolled an agent.' })
  lastUsedAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'revoked_at', nullable: true })
  @Field(() => DateTime, { nullable: true, description: 'When an administrator ended it.' })
  revokedAt: Date | null;

  @VirtualColumn({ type: 'text', query: (token) => tokenStatusSql(token) })
  @Field(() => TokenStatus, { description: 'Whether it still enrols.' })
  readonly status: TokenStatus;

  @Field(() => [Label], { description: "Labels that the nodes get; of one name, the token's value counts." })
  get labels(): Label[] {
    return labelsOf(this.labelMap);
  }

  @Field(() => Actor, { description: 'Who issued it.' })
  get createdBy(): Actor {
    return Actor.of(this.createdByName, this.createdByKeyPublicId);
  }
}
