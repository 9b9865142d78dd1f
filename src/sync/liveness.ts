import { Check, Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { HostAgent } from '../agent/host-agent';

/**
 * What every sync writes, apart from all else: a narrow table without an index on what changes, so that updates stay HOT
 * (fillfactor 50, set by the migration).
 */
@Entity('liveness')
@Check('liveness_sync_interval_seconds_check', 'sync_interval_seconds >= 1')
export class Liveness {
  @PrimaryColumn('uuid', { name: 'agent_id', primaryKeyConstraintName: 'liveness_pkey' })
  agentId: string;

  @OneToOne(() => HostAgent)
  @JoinColumn({ name: 'agent_id', foreignKeyConstraintName: 'liveness_agent_id_fkey' })
  agentRow?: HostAgent;

  @Column({ type: 'timestamptz', precision: 3, name: 'last_seen_at', nullable: true })
  lastSeenAt: Date | null;

  /** Made afresh by the agent at each of its starts. */
  @Column('uuid', { name: 'boot_id', nullable: true })
  bootId: string | null;

  /** The boot id that the current one took over from by naming it. Whoever syncs with it still is another host. */
  @Column('uuid', { name: 'superseded_boot_id', nullable: true })
  supersededBootId: string | null;

  /** The boot id of a second host with the same credential: the first goes on, and this one is refused. */
  @Column('uuid', { name: 'refused_boot_id', nullable: true })
  refusedBootId: string | null;

  /** When a second host last tried to sync. */
  @Column({ type: 'timestamptz', precision: 3, name: 'clone_suspected_at', nullable: true })
  cloneSuspectedAt: Date | null;

  /** What the agent was last told. */
  @Column('integer', { name: 'sync_interval_seconds' })
  syncIntervalSeconds: number;

  /** Raised when the agent is enrolled afresh: a sync that was under way with a former key is told by it. */
  @Column('integer', { default: 1 })
  enrolment: number;

  @Column('integer', { name: 'reported_generation', nullable: true })
  reportedGeneration: number | null;
}
