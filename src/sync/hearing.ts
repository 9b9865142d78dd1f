import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * One row: until when some server listened, and the last time when none did. Silence of an agent counts only while
 * somebody could have heard it (design rule: status is computed when it is read).
 */
@Entity('hearing')
@Check('hearing_one_row_check', 'id')
export class Hearing {
  @PrimaryColumn('boolean', { primaryKeyConstraintName: 'hearing_pkey', default: true })
  id: boolean;

  @Column({ type: 'timestamptz', precision: 3, name: 'heard_until' })
  heardUntil: Date;

  /** When the last gap began. */
  @Column({ type: 'timestamptz', precision: 3, name: 'deaf_since', nullable: true })
  deafSince: Date | null;

  /** When the last gap ended. */
  @Column({ type: 'timestamptz', precision: 3, name: 'heard_since', nullable: true })
  heardSince: Date | null;
}
