import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

export enum AuditOutcome {
  SUCCEEDED = 'SUCCEEDED',
  REFUSED = 'REFUSED',
}

/** What changed, as text; secrets are never in it. */
export interface FieldChange {
  field: string;
  before: string | null;
  after: string | null;
}

/** One thing that somebody did or was refused. Rows are only ever inserted. */
@Entity('audit_event')
@Check('audit_event_outcome_check', `outcome IN ('SUCCEEDED', 'REFUSED')`)
@Check('audit_event_count_check', 'count >= 1')
@Index('audit_event_at_idx', ['at', 'id'])
export class AuditEvent {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_event_pkey' })
  id: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'clock_timestamp()' })
  at: Date;

  /** In the form noun.verb. */
  @Column('text')
  action: string;

  @Column('text')
  outcome: AuditOutcome;

  @Column('text', { name: 'actor_name', nullable: true })
  actorName: string | null;

  @Column('text', { name: 'actor_key_public_id', nullable: true })
  actorKeyPublicId: string | null;

  @Column('text', { name: 'remote_address', nullable: true })
  remoteAddress: string | null;

  @Column('text', { name: 'target_type', nullable: true })
  targetType: string | null;

  @Column('uuid', { name: 'target_id', nullable: true })
  targetId: string | null;

  @Column('text', { name: 'target_name', nullable: true })
  targetName: string | null;

  @Column('text', { nullable: true })
  reason: string | null;

  @Column('jsonb', { default: [] })
  changes: FieldChange[];

  @Column('text', { name: 'request_id', nullable: true })
  requestId: string | null;

  @Column('integer', { default: 1 })
  count: number;
}
