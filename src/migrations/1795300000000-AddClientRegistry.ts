import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The door of the client registry, closed, and the requests of agents that ask to be let in. */
const UP = [
  `CREATE TABLE client_registry (
    id boolean NOT NULL DEFAULT true,
    open_until timestamptz(3),
    opened_by_name text,
    opened_by_key_public_id text,
    CONSTRAINT client_registry_pkey PRIMARY KEY (id),
    CONSTRAINT client_registry_one_row_check CHECK (id)
  )`,
  'INSERT INTO client_registry DEFAULT VALUES',
  `CREATE TABLE registration_request (
    id uuid NOT NULL,
    key_public_id text NOT NULL,
    key_secret_hash bytea NOT NULL,
    nonce bytea NOT NULL,
    node_name text NOT NULL,
    asked jsonb NOT NULL,
    remote_address text NOT NULL,
    remote_network text NOT NULL,
    requested_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz(3) NOT NULL,
    decision text,
    decided_at timestamptz(3),
    decided_by_name text,
    decided_by_key_public_id text,
    reason text,
    granted jsonb,
    agent_id uuid,
    CONSTRAINT registration_request_pkey PRIMARY KEY (id),
    CONSTRAINT registration_request_key_public_id_check CHECK (key_public_id ~ '^[0-9A-Za-z]{12}$'),
    CONSTRAINT registration_request_key_secret_hash_check CHECK (octet_length(key_secret_hash) = 32),
    CONSTRAINT registration_request_nonce_check CHECK (octet_length(nonce) = 32),
    CONSTRAINT registration_request_decision_check CHECK (decision IN ('APPROVED', 'REJECTED')),
    CONSTRAINT registration_request_decided_check CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CONSTRAINT registration_request_granted_check CHECK ((decision IS NOT DISTINCT FROM 'APPROVED') = (granted IS NOT NULL)),
    CONSTRAINT registration_request_agent_check CHECK (agent_id IS NULL OR decision = 'APPROVED'),
    CONSTRAINT registration_request_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agent (id) DEFERRABLE INITIALLY DEFERRED
  )`,
  'CREATE INDEX registration_request_key_public_id_idx ON registration_request (key_public_id)',
  // What is not decided is what names are compared with and what the bounds count; there is little of it.
  `CREATE INDEX registration_request_undecided_idx ON registration_request (lower(node_name) COLLATE "C") WHERE decision IS NULL`,
  `CREATE INDEX registration_request_not_approved_idx ON registration_request (expires_at) WHERE decision IS DISTINCT FROM 'APPROVED'`,
  'CREATE INDEX registration_request_requested_at_idx ON registration_request (requested_at, id)',
  'CREATE INDEX registration_request_agent_id_idx ON registration_request (agent_id)',
];

export class AddClientRegistry1795300000000 implements MigrationInterface {
  name = 'AddClientRegistry1795300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registration_request');
    await runner.query('DROP TABLE client_registry');
  }
}
