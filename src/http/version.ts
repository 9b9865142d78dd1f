import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Role } from '../access/role';
import type { Context } from '../context';
import { readBuild } from '../version/build';
import { contextOfAllowed } from './allowed';

/** GET /v1/version: what runs here, in the shape of PMM's answer. Needs VIEWER, by Bearer or by Basic. */
export function versionRoute(app: FastifyInstance, contextOf: (request: FastifyRequest) => Promise<Context>): void {
  const { version, commit, builtAt } = readBuild();
  const server = {
    version,
    full_version: commit === null ? version : `${version}-${commit}`,
    timestamp: builtAt?.toISOString() ?? null,
  };
  app.get('/v1/version', async (request) => {
    await contextOfAllowed(Role.VIEWER, contextOf, request);
    return { version, server, managed: server };
  });
}
