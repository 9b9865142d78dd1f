import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * The budget of failed enrolments of an address, which servers share. UNLOGGED: it is written often, worth nothing after a minute, and
 * may be lost in a crash.
 */
@Entity('failed_enrolment')
@Index('failed_enrolment_spent_until_idx', ['spentUntil'])
export class FailedEnrolment {
  /** Of IPv6 the /64. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'failed_enrolment_pkey' })
  address: string;

  /** To the microsecond: of a great budget, an attempt is less than a millisecond. */
  @Column('timestamptz', { name: 'spent_until' })
  spentUntil: Date;
}
