import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { ApiKey } from '../access/api-key';
import { HostAgent } from '../agent/host-agent';
import { Service } from '../service/service';
import { RegistrationToken } from './registration-token';

/** One use of a token. What a retry is judged by, long after the answer was lost. */
@Entity('registration_token_claim')
@Check('registration_token_claim_registration_hash_check', 'octet_length(registration_hash) = 32')
// What makes a second registration with the same id a retry.
@Index('registration_token_claim_key', ['tokenId', 'registrationHash'], { unique: true })
export class RegistrationTokenClaim {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'registration_token_claim_pkey' })
  id: string;

  @Column('uuid', { name: 'token_id' })
  tokenId: string;

  @ManyToOne(() => RegistrationToken, { nullable: false })
  @JoinColumn({ name: 'token_id', foreignKeyConstraintName: 'registration_token_claim_token_id_fkey' })
  tokenRow?: RegistrationToken;

  /** SHA-256 of the registrationId; null when the agent sent none. */
  @Column('bytea', { name: 'registration_hash', nullable: true })
  registrationHash: Buffer | null;

  @Column('text', { name: 'node_name' })
  nodeName: string;

  @Column('uuid', { name: 'agent_id', nullable: true })
  @Index('registration_token_claim_agent_id_idx')
  agentId: string | null;

  // Written before its agent: the claim comes first, so that its unique index is what stops a second one.
  @ManyToOne(() => HostAgent, { deferrable: 'INITIALLY DEFERRED' })
  @JoinColumn({ name: 'agent_id', foreignKeyConstraintName: 'registration_token_claim_agent_id_fkey' })
  agentRow?: HostAgent | null;

  /** The key that the last answer held. */
  @Column('uuid', { name: 'api_key_id' })
  @Index('registration_token_claim_api_key_id_idx')
  apiKeyId: string;

  @ManyToOne(() => ApiKey, { nullable: false, deferrable: 'INITIALLY DEFERRED' })
  @JoinColumn({ name: 'api_key_id', foreignKeyConstraintName: 'registration_token_claim_api_key_id_fkey' })
  apiKeyRow?: ApiKey;

  /** The PostgreSQL service that the agent named, for the answer to a retry. */
  @Column('uuid', { name: 'service_id', nullable: true })
  @Index('registration_token_claim_service_id_idx')
  serviceId: string | null;

  @ManyToOne(() => Service)
  @JoinColumn({ name: 'service_id', foreignKeyConstraintName: 'registration_token_claim_service_id_fkey' })
  serviceRow?: Service | null;

  @Column({ type: 'timestamptz', precision: 3, name: 'claimed_at', default: () => 'clock_timestamp()' })
  claimedAt: Date;

  @Column({ type: 'timestamptz', precision: 3, name: 'retried_at', nullable: true })
  retriedAt: Date | null;
}
