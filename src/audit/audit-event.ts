import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Actor } from '../access/actor';
import { DateTime } from '../scalars/date-time';

export enum AuditOutcome {
  SUCCEEDED = 'SUCCEEDED',
  REFUSED = 'REFUSED',
}

registerEnumType(AuditOutcome, {
  name: 'AuditOutcome',
  description: 'What became of what somebody tried.',
  valuesConfig: {
    SUCCEEDED: { description: 'It was done.' },
    REFUSED: { description: 'It was refused, and nothing was changed.' },
  },
});

@ObjectType({ description: 'What changed, as text. Secrets are never in it.' })
export class FieldChange {
  @Field(() => String, { description: 'The field that changed.' })
  field: string;

  @Field(() => String, { nullable: true, description: 'What it was; null when it was nothing.' })
  before: string | null;

  @Field(() => String, { nullable: true, description: 'What it became; null when that is nothing.' })
  after: string | null;
}

/** Rows are only ever inserted: triggers of the migration refuse anything else. */
@Entity('audit_event')
@Check('audit_event_outcome_check', `outcome IN ('SUCCEEDED', 'REFUSED')`)
@Check('audit_event_count_check', 'count >= 1')
@Index('audit_event_at_idx', ['at', 'id'])
@Index('audit_event_action_idx', ['action', 'at', 'id'])
@ObjectType({ description: 'One thing that somebody did or was refused. Secrets are never in it.' })
export class AuditEvent {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_event_pkey' })
  @Field(() => ID, { description: 'Its id.' })
  id: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'clock_timestamp()' })
  @Field(() => DateTime, { description: 'When it was written down.' })
  at: Date;

  @Column('text')
  @Field(() => String, {
    description: 'In the form noun.verb, such as registration_token.issue, agent.register or api_key.revoke.',
  })
  action: string;

  @Column('text')
  @Field(() => AuditOutcome, { description: 'Whether it was done or refused.' })
  outcome: AuditOutcome;

  @Column('text', { name: 'actor_name', nullable: true })
  actorName: string | null;

  @Column('text', { name: 'actor_key_public_id', nullable: true })
  @Index('audit_event_actor_key_public_id_idx')
  actorKeyPublicId: string | null;

  @Column('text', { name: 'remote_address', nullable: true })
  @Field(() => String, {
    nullable: true,
    description:
      'The address that the call came from, of refusals that are counted over IPv6 its /64; null when there was no call, or more addresses than are told.',
  })
  remoteAddress: string | null;

  @Column('text', { name: 'target_type', nullable: true })
  @Field(() => String, {
    nullable: true,
    description: 'What kind of thing it was done to, such as api_key; null when nobody knows.',
  })
  targetType: string | null;

  @Column('uuid', { name: 'target_id', nullable: true })
  @Index('audit_event_target_id_idx')
  @Field(() => ID, { nullable: true, description: 'The id of that thing, which may be gone by now.' })
  targetId: string | null;

  @Column('text', { name: 'target_name', nullable: true })
  @Field(() => String, { nullable: true, description: 'The name, or public id, that it had at that time.' })
  targetName: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, {
    nullable: true,
    description: 'Why it was refused, or what the actor gave as the reason.',
  })
  reason: string | null;

  @Column('jsonb', { default: [] })
  @Field(() => [FieldChange], { description: 'What it changed.' })
  changes: FieldChange[];

  @Column('text', { name: 'request_id', nullable: true })
  @Field(() => String, {
    nullable: true,
    description: 'The id of the request, as in its header x-request-id and in the log.',
  })
  requestId: string | null;

  @Column('integer', { default: 1 })
  @Field(() => Int, { description: 'How many alike were refused, when they are told as one.' })
  count: number;

  @Field(() => Actor, { nullable: true, description: 'Who did it; null where nobody was authenticated.' })
  get actor(): Actor | null {
    return this.actorName === null ? null : Actor.of(this.actorName, this.actorKeyPublicId);
  }
}
