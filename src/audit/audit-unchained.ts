import { Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { AuditEvent } from './audit-event';

/**
 * An audit row that waits for its link: written with it and deleted with its chaining, so that a transaction that commits late
 * is not passed over, as it would be by a mark of how far the chainer has come.
 */
@Entity('audit_unchained')
export class AuditUnchained {
  @PrimaryColumn('uuid', { name: 'audit_id', primaryKeyConstraintName: 'audit_unchained_pkey' })
  auditId: string;

  @OneToOne(() => AuditEvent)
  @JoinColumn({ name: 'audit_id', foreignKeyConstraintName: 'audit_unchained_audit_id_fkey' })
  auditRow?: AuditEvent;
}
