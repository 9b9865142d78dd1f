import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, VirtualColumn } from 'typeorm';
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Actor } from '../access/actor';
import { credentialFingerprint } from '../access/credential';
import { HostAgent } from '../agent/host-agent';
import type { AgentFacts } from '../enrolment/facts';
import { Label, labelMap, labelsOf, type LabelInput } from '../label/label';
import { pairingId } from '../pairing-id';
import { DateTime } from '../scalars/date-time';

export enum RegistrationRequestState {
  PENDING = 'PENDING',
  CONFLICTING = 'CONFLICTING',
  APPROVED = 'APPROVED',
  REJECTED = 'REJECTED',
  EXPIRED = 'EXPIRED',
}

registerEnumType(RegistrationRequestState, {
  name: 'RegistrationRequestState',
  description: 'What became of a request.',
  valuesConfig: {
    PENDING: { description: 'It waits for an administrator.' },
    CONFLICTING: {
      description:
        'It waits, and its name belongs to a node, or an older request that waits asks for it; an administrator may approve it with replace.',
    },
    APPROVED: { description: 'An administrator let the agent in.' },
    REJECTED: { description: 'An administrator refused it.' },
    EXPIRED: { description: 'Nobody decided in time. The agent may ask anew.' },
  },
});

/** Whether nobody has decided on the row `request`, and still may, in SQL. */
export function isPendingSql(request: string): string {
  return `(${request}.decision IS NULL AND ${request}.expires_at > clock_timestamp())`;
}

/** Whether two names are the same, in SQL. */
export function sameName(one: string, other: string): string {
  return `lower(${one}) COLLATE "C" = lower(${other}) COLLATE "C"`;
}

/** Older requests that wait for the name of the row `request`, in SQL: FROM and WHERE. */
export function olderSql(request: string): string {
  return `FROM registration_request AS older WHERE ${sameName('older.node_name', `${request}.node_name`)} AND ${isPendingSql('older')}
    AND (older.requested_at, older.id) < (${request}.requested_at, ${request}.id)`;
}

/** The state of the row `request` by the database's clock, in SQL. */
export function requestStateSql(request: string): string {
  return `CASE WHEN ${request}.decision IS NOT NULL THEN ${request}.decision
    WHEN ${request}.expires_at <= clock_timestamp() THEN 'EXPIRED'
    WHEN EXISTS (SELECT FROM node WHERE ${sameName('node.name', `${request}.node_name`)}) THEN 'CONFLICTING'
    WHEN EXISTS (SELECT ${olderSql(request)}) THEN 'CONFLICTING'
    ELSE 'PENDING' END`;
}

/** What an administrator gave with the approval. */
@ObjectType({ description: 'What an administrator gave with an approval; it won over what the agent asked for.' })
export class RegistrationGrant {
  @Field(() => Boolean, { description: 'Whether the agent might take the place of one that had the name.' })
  replace: boolean;

  @Field(() => String, { nullable: true, description: 'The region that was given.' })
  region: string | null;

  @Field(() => String, { nullable: true, description: 'The environment that was given.' })
  environment: string | null;

  @Field(() => [String], { description: 'The tags that were given, beside those that the agent asked for.' })
  tags: string[];

  @Field(() => [Label], { description: 'The labels that were given.' })
  labels: LabelInput[];
}

@Entity('registration_request')
@Check('registration_request_key_public_id_check', `key_public_id ~ '^[0-9A-Za-z]{12}$'`)
@Check('registration_request_key_secret_hash_check', 'octet_length(key_secret_hash) = 32')
@Check('registration_request_nonce_check', 'octet_length(nonce) = 32')
@Check('registration_request_decision_check', `decision IN ('APPROVED', 'REJECTED')`)
@Check('registration_request_decided_check', '(decision IS NULL) = (decided_at IS NULL)')
@Check('registration_request_granted_check', `(decision IS NOT DISTINCT FROM 'APPROVED') = (granted IS NOT NULL)`)
@Check('registration_request_agent_check', `agent_id IS NULL OR decision = 'APPROVED'`)
@Index('registration_request_not_approved_idx', ['expiresAt'], { where: `decision IS DISTINCT FROM 'APPROVED'` })
@Index('registration_request_requested_at_idx', ['requestedAt', 'id'])
@ObjectType({
  description:
    'An agent without a token that asks to be registered, with a key of its own making. What it asks for is what it says of itself.',
})
export class RegistrationRequest {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'registration_request_pkey' })
  @Field(() => ID, { description: 'Its id.' })
  id: string;

  @Column('text', { name: 'key_public_id' })
  @Index('registration_request_key_public_id_idx')
  keyPublicId: string;

  @Column('bytea', { name: 'key_secret_hash' })
  keySecretHash: Buffer;

  @Column('bytea')
  nonce: Buffer;

  @Column('text', { name: 'node_name' })
  @Field(() => String, { description: 'The name that it asks for.' })
  nodeName: string;

  /** As the agent sent it, checked. */
  @Column('jsonb')
  asked: AgentFacts;

  @Column('text', { name: 'remote_address' })
  @Field(() => String, { description: 'Where the request came from.' })
  remoteAddress: string;

  /** What the bound of an address counts by: of IPv6 the /64. */
  @Column('text', { name: 'remote_network' })
  remoteNetwork: string;

  @Column({ type: 'timestamptz', precision: 3, name: 'requested_at', default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When it first asked.' })
  requestedAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'expires_at' })
  @Field(() => DateTime, { description: 'Until when it can be decided on.' })
  expiresAt: Date;

  @Column('text', { nullable: true })
  decision: RegistrationRequestState.APPROVED | RegistrationRequestState.REJECTED | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'decided_at', nullable: true })
  @Field(() => DateTime, { nullable: true, description: 'When an administrator decided.' })
  decidedAt: Date | null;

  @Column('text', { name: 'decided_by_name', nullable: true })
  decidedByName: string | null;

  @Column('text', { name: 'decided_by_key_public_id', nullable: true })
  decidedByKeyPublicId: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'Why it was rejected, as the agent is told.' })
  reason: string | null;

  @Column('jsonb', { nullable: true })
  @Field(() => RegistrationGrant, { nullable: true, description: 'What was given with the approval.' })
  granted: RegistrationGrant | null;

  @Column('uuid', { name: 'agent_id', nullable: true })
  @Index('registration_request_agent_id_idx')
  agentId: string | null;

  // Decided before its agent is there: the decision comes first, so that it stops a second one.
  @ManyToOne(() => HostAgent, { deferrable: 'INITIALLY DEFERRED' })
  @JoinColumn({ name: 'agent_id', foreignKeyConstraintName: 'registration_request_agent_id_fkey' })
  agentRow?: HostAgent | null;

  @VirtualColumn({ type: 'text', query: requestStateSql })
  @Field(() => RegistrationRequestState, { description: 'What became of it.' })
  readonly state: RegistrationRequestState;

  @Field(() => String, {
    description:
      'What the agent shows and the administrator compares, such as K7QF-2M9X. Of the very key that an approval makes good.',
  })
  get pairingId(): string {
    const { keyPublicId, nodeName } = this;
    return pairingId({
      keyPublicId,
      keySecretHash: this.keySecretHash.toString('hex'),
      nodeName,
      nonce: this.nonce.toString('hex'),
    });
  }

  @Field(() => String, {
    description:
      'SHA-256 of keyPublicId, a line feed and keySecretHash, as 64 hex digits; the fingerprint of the API key once it is approved.',
  })
  get keyFingerprint(): string {
    return credentialFingerprint(this.keyPublicId, this.keySecretHash);
  }

  @Field(() => String, { nullable: true, description: 'The address of its node, as it says.' })
  get address(): string | null {
    return this.asked.node.address ?? null;
  }

  @Field(() => String, { nullable: true, description: 'Operating system and architecture, as it says.' })
  get os(): string | null {
    return this.asked.node.os ?? null;
  }

  @Field(() => String, { nullable: true, description: 'The version of the agent, as it says.' })
  get agentVersion(): string | null {
    return this.asked.agentVersion ?? null;
  }

  @Field(() => String, { nullable: true, description: 'The version of the PostgreSQL server on its node, as it says.' })
  get postgresqlVersion(): string | null {
    return this.asked.postgresql?.version ?? null;
  }

  @Field(() => String, { nullable: true, description: 'The region that it asks for.' })
  get region(): string | null {
    return this.asked.node.region ?? null;
  }

  @Field(() => String, { nullable: true, description: 'The environment that it asks for.' })
  get environment(): string | null {
    return this.asked.node.environment ?? null;
  }

  @Field(() => [String], { description: 'The tags that it asks for.' })
  get tags(): string[] {
    return this.asked.node.tags ?? [];
  }

  @Field(() => [Label], { description: 'The labels that it asks for.' })
  get labels(): Label[] {
    return labelsOf(labelMap(this.asked.node.labels ?? []));
  }

  @Field(() => Actor, { nullable: true, description: 'Who decided.' })
  get decidedBy(): Actor | null {
    return this.decidedByName === null ? null : Actor.of(this.decidedByName, this.decidedByKeyPublicId);
  }
}
