import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Agent } from '../agent/agent';

/** A secret of a monitored service, as one agent needs it: encrypted (secret-box.ts), in no answer of the API. */
@Entity('agent_secret')
export class AgentSecret {
  @PrimaryColumn('uuid', { name: 'agent_id', primaryKeyConstraintName: 'agent_secret_pkey' })
  agentId: string;

  @ManyToOne(() => Agent, { nullable: false })
  @JoinColumn({ name: 'agent_id', foreignKeyConstraintName: 'agent_secret_agent_id_fkey' })
  agentRow?: Agent;

  /** As the inputs of the schema call it. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'agent_secret_pkey' })
  field: string;

  /** Of the key that opens it. */
  @Column('text', { name: 'key_id' })
  keyId: string;

  @Column('bytea')
  sealed: Buffer;
}
