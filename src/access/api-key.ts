import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, VirtualColumn } from 'typeorm';
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { HostAgent } from '../agent/host-agent';
import { DateTime } from '../scalars/date-time';
import { Actor } from './actor';
import { credentialFingerprint } from './credential';
import { Role } from './role';

export enum ApiKeyStatus {
  ACTIVE = 'ACTIVE',
  EXPIRED = 'EXPIRED',
  REVOKED = 'REVOKED',
}

registerEnumType(ApiKeyStatus, {
  name: 'ApiKeyStatus',
  description: 'Whether a key is good.',
  valuesConfig: {
    ACTIVE: { description: 'It is good.' },
    EXPIRED: { description: 'Its time is over.' },
    REVOKED: { description: 'It was ended: revoked, rotated out, or its agent was removed or enrolled afresh.' },
  },
});

/** Why a key was ended before its time; told to whoever presents it. */
export enum KeyEnd {
  KEY_REVOKED = 'KEY_REVOKED',
  KEY_ROTATED = 'KEY_ROTATED',
  AGENT_REPLACED = 'AGENT_REPLACED',
  AGENT_REMOVED = 'AGENT_REMOVED',
}

/** The status of the row `key` by the database's clock, in SQL. */
export function keyStatusSql(key: string): string {
  return `CASE WHEN ${key}.revoked_at IS NOT NULL OR ${key}.grace_until <= clock_timestamp() THEN 'REVOKED'
    WHEN ${key}.expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE 'ACTIVE' END`;
}

@Entity('api_key')
@Check('api_key_rotation_hash_check', 'octet_length(rotation_hash) = 32')
@Index('api_key_created_at_idx', ['createdAt', 'id'])
@Check('api_key_role_check', `role IN ('AGENT', 'VIEWER', 'EDITOR', 'ADMIN')`)
@Check(
  'api_key_end_check',
  `(revoked_at IS NULL) = (ended_by IS NULL) AND ended_by IN ('KEY_REVOKED', 'KEY_ROTATED', 'AGENT_REPLACED', 'AGENT_REMOVED')`,
)
@Check(
  'api_key_agent_check',
  `CASE WHEN role = 'AGENT' THEN agent_id IS NOT NULL OR revoked_at IS NOT NULL ELSE agent_id IS NULL END`,
)
@ObjectType({ description: 'The credential of a person, a script or an agent. The secret itself is not kept.' })
export class ApiKey {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'api_key_pkey' })
  @Field(() => ID, { description: 'Its id.' })
  id: string;

  @Column('text', { name: 'public_id' })
  @Index('api_key_public_id_key', { unique: true })
  @Field(() => String, {
    description: 'The part of the key that may be shown: it names the key in lists, logs and the audit trail.',
  })
  publicId: string;

  @Column('bytea', { name: 'secret_hash' })
  secretHash: Buffer;

  @Column('text')
  @Field(() => String, { description: 'What it is for, in words.' })
  name: string;

  @Column('text')
  @Field(() => Role, { description: 'What it may do.' })
  role: Role;

  @Column('uuid', { name: 'agent_id', nullable: true })
  @Index('api_key_agent_id_idx')
  agentId: string | null;

  @ManyToOne(() => HostAgent)
  @JoinColumn({ name: 'agent_id', foreignKeyConstraintName: 'api_key_agent_id_fkey' })
  agentRow?: HostAgent | null;

  @Column('text', { name: 'created_by_name' })
  createdByName: string;

  @Column('text', { name: 'created_by_key_public_id', nullable: true })
  createdByKeyPublicId: string | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'created_at', default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'expires_at', nullable: true })
  @Field(() => DateTime, { nullable: true, description: 'When it ends; null: never.' })
  expiresAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'revoked_at', nullable: true })
  revokedAt: Date | null;

  /** The grace of a key that was rotated ends without anybody doing anything. */
  @VirtualColumn({
    type: 'timestamptz',
    query: (key) =>
      `CASE WHEN ${key}.revoked_at IS NOT NULL THEN ${key}.revoked_at WHEN ${key}.grace_until <= clock_timestamp() THEN ${key}.grace_until END`,
  })
  @Field(() => DateTime, { name: 'revokedAt', nullable: true, description: 'When it was ended before its time.' })
  readonly endedAt: Date | null;

  @Column('text', { name: 'ended_by', nullable: true })
  endedBy: KeyEnd | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'last_used_at', nullable: true })
  @Field(() => DateTime, { nullable: true, description: 'When it was last used, to the minute; null: never.' })
  lastUsedAt: Date | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'misused_at', nullable: true })
  @Field(() => DateTime, {
    nullable: true,
    description:
      'When it, or the key that it took the place of, was last presented after its end: rotated out, revoked or expired. A sign of theft.',
  })
  misusedAt: Date | null;

  /** SHA-256 of the rotationId that this key was made with: whoever knows it may ask again. */
  @Column('bytea', { name: 'rotation_hash', nullable: true })
  rotationHash: Buffer | null;

  /** Until when this key works on beside its successor. */
  @Column({ type: 'timestamptz', precision: 3, name: 'grace_until', nullable: true })
  graceUntil: Date | null;

  /** The grace ends when the successor is first used, if that is earlier. */
  @Column('boolean', { name: 'grace_until_use', default: false })
  graceUntilUse: boolean;

  /** Kept of keys that took the place of others. */
  @Column({ type: 'timestamptz', precision: 3, name: 'first_used_at', nullable: true })
  firstUsedAt: Date | null;

  @Column('uuid', { name: 'rotated_from_id', nullable: true })
  @Index('api_key_rotated_from_id_key', { unique: true })
  rotatedFromId: string | null;

  @ManyToOne(() => ApiKey)
  @JoinColumn({ name: 'rotated_from_id', foreignKeyConstraintName: 'api_key_rotated_from_id_fkey' })
  rotatedFromRow?: ApiKey | null;

  /** Made at the first start or by `rollcall admin-key reset`, which ends the former one of these. */
  @Column('boolean', { default: false })
  bootstrap: boolean;

  /** By the database's clock. */
  @VirtualColumn({ type: 'text', query: keyStatusSql })
  @Field(() => ApiKeyStatus, { description: 'Whether it is good.' })
  readonly status: ApiKeyStatus;

  @Field(() => String, {
    description: 'SHA-256 of publicId, a line feed and the SHA-256 of the secret, as 64 hex digits.',
  })
  get fingerprint(): string {
    return credentialFingerprint(this.publicId, this.secretHash);
  }

  @Field(() => Actor, { description: 'Who made it.' })
  get createdBy(): Actor {
    return Actor.of(this.createdByName, this.createdByKeyPublicId);
  }
}
