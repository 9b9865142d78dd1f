import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { API_KEYS } from '../../src/access/api-key-list';
import { AGENTS } from '../../src/agent/agent-list';
import { AUDIT_EVENTS } from '../../src/audit/audit-event-list';
import { hydrate, selectionOf } from '../../src/connection/hydrate';
import { NODES } from '../../src/node/node-list';
import { REGISTRATION_TOKENS } from '../../src/registration-token/registration-token-list';
import { SERVICES } from '../../src/service/service-list';
import * as nodes from '../node/node-requests';
import * as services from '../service/service-requests';
import { enrol } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const { nodeId } = await enrol(server.admin, { postgresql: { version: '16.4', socket: '/run/postgresql' } });
  const shared = { environment: 'prod', labels: [{ name: 'team', value: 'core' }] };
  for (const kind of nodes.KINDS) await nodes.add(server.editor, kind, { ...shared, tags: ['a', 'b'] });
  for (const kind of services.KINDS) await services.add(server.editor, kind, { ...shared, nodeId });
});
afterAll(() => server.stop());

test.each<[table: string, entity: EntityTarget<ObjectLiteral>, atLeast: number]>([
  [NODES.table, NODES.entity, 6],
  [SERVICES.table, SERVICES.entity, 8],
  [AGENTS.table, AGENTS.entity, 1],
  [API_KEYS.table, API_KEYS.entity, 4],
  [REGISTRATION_TOKENS.table, REGISTRATION_TOKENS.entity, 1],
  [AUDIT_EVENTS.table, AUDIT_EVENTS.entity, 14],
])(
  'rows of the table %s become what TypeORM itself makes of them, each of its own class',
  async (table, entity, atLeast) => {
    const { manager } = server.database.dataSource;
    const rows = await server.database.query<Record<string, unknown>>(
      `SELECT ${selectionOf(manager, entity)} FROM ${table} AS item ORDER BY id`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(atLeast);
    expect(rows.map((row) => hydrate(manager, entity, row))).toStrictEqual(
      await manager.find(entity, { order: { id: 'ASC' } }),
    );
  },
);
