import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  `CREATE TABLE audit_unchained (
    audit_id uuid NOT NULL,
    CONSTRAINT audit_unchained_pkey PRIMARY KEY (audit_id),
    CONSTRAINT audit_unchained_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES audit_event(id)
  )`,
  `CREATE TABLE audit_chain (
    seq bigint NOT NULL,
    audit_id uuid NOT NULL,
    row_hash bytea NOT NULL,
    chain_hash bytea NOT NULL,
    CONSTRAINT audit_chain_pkey PRIMARY KEY (seq),
    CONSTRAINT audit_chain_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES audit_event(id),
    CONSTRAINT audit_chain_seq_check CHECK (seq >= 1),
    CONSTRAINT audit_chain_hash_check CHECK (octet_length(row_hash) = 32 AND octet_length(chain_hash) = 32)
  )`,
  `CREATE UNIQUE INDEX audit_chain_audit_id_key ON audit_chain (audit_id)`,
  `CREATE INDEX audit_event_target_id_idx ON audit_event (target_id)`,
  `CREATE INDEX audit_event_actor_key_public_id_idx ON audit_event (actor_key_public_id)`,
];

/** What no decorator can say; test/audit/unchanging.test.ts asserts what it does. Whoever owns the tables can still switch it off: verification is for that. */
const TRIGGERS = [
  `CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the audit trail is only ever added to: % of % is refused', TG_OP, TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END $$`,
  ...['audit_event', 'audit_chain'].map(
    (table) => `CREATE TRIGGER ${table}_unchanging BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`,
  ),
];

/** What was told before there was a chain is chained by the first server that starts. */
const FIRST_ROWS = ['INSERT INTO audit_unchained (audit_id) SELECT id FROM audit_event'];

export class AddAuditChain1795219200000 implements MigrationInterface {
  name = 'AddAuditChain1795219200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...FIRST_ROWS, ...TRIGGERS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER audit_event_unchanging ON audit_event');
    await runner.query('DROP INDEX audit_event_target_id_idx, audit_event_actor_key_public_id_idx');
    await runner.query('DROP TABLE audit_unchained, audit_chain');
    await runner.query('DROP FUNCTION refuse_audit_change');
  }
}
