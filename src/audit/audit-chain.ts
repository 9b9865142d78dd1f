import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { AuditEvent } from './audit-event';

/** A link of the chain (docs/decisions/audit-chain.md). Rows are only ever inserted, by the chainer alone. */
@Entity('audit_chain')
@Check('audit_chain_seq_check', 'seq >= 1')
@Check('audit_chain_hash_check', 'octet_length(row_hash) = 32 AND octet_length(chain_hash) = 32')
export class AuditChain {
  /** 1, 2, 3 and so on, without a gap; PostgreSQL's driver gives a bigint as text. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'audit_chain_pkey' })
  seq: string;

  @Column('uuid', { name: 'audit_id' })
  @Index('audit_chain_audit_id_key', { unique: true })
  auditId: string;

  @ManyToOne(() => AuditEvent, { nullable: false })
  @JoinColumn({ name: 'audit_id', foreignKeyConstraintName: 'audit_chain_audit_id_fkey' })
  auditRow?: AuditEvent;

  @Column('bytea', { name: 'row_hash' })
  rowHash: Buffer;

  @Column('bytea', { name: 'chain_hash' })
  chainHash: Buffer;
}
