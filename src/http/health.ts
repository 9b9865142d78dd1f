import type { FastifyInstance } from 'fastify';
import type { DataSource } from 'typeorm';
import { isMigrated } from '../database/migrate';
import { Unavailable } from '../errors';
import { problemOf, sendProblem } from './problem';

/** GET /healthz: the process answers. GET /readyz and, as in PMM, /v1/readyz: the database answers and is migrated. */
export function healthRoutes(app: FastifyInstance, dataSource: DataSource): void {
  app.get('/healthz', async () => ({}));
  // Whoever asks while the database is being asked shares its answer: nobody needs a key to ask.
  let asking: Promise<boolean> | null = null;
  const isReady = () =>
    (asking ??= isMigrated(dataSource)
      .catch(() => false)
      .finally(() => (asking = null)));
  for (const path of ['/readyz', '/v1/readyz'])
    app.get(path, async (request, reply) => {
      return (await isReady()) ? {} : sendProblem(request, reply, problemOf(new Unavailable()));
    });
}
