/** The migrated database that every test database is cloned from. */
export const TEMPLATE = 'rollcall_template';

/** How to connect to the PostgreSQL of this run. */
export interface TestCluster {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** The PostgreSQL that global-setup.ts started. */
export function testCluster(): TestCluster {
  return JSON.parse(process.env['ROLLCALL_TEST_CLUSTER']!) as TestCluster;
}
