import type { FastifyInstance, FastifyRequest } from 'fastify';
import { authorize, noteForbidden } from '../access/authorization';
import { Role } from '../access/role';
import type { Context } from '../context';
import { Forbidden } from '../errors';
import { readBuild } from '../version/build';

/** GET /v1/version: what runs here, in the shape of PMM's answer. Needs VIEWER, by Bearer or by Basic. */
export function versionRoute(app: FastifyInstance, contextOf: (request: FastifyRequest) => Promise<Context>): void {
  const { version, commit, builtAt } = readBuild();
  const server = {
    version,
    full_version: commit === null ? version : `${version}-${commit}`,
    timestamp: builtAt?.toISOString() ?? null,
  };
  app.get('/v1/version', async (request) => {
    const context = await contextOf(request);
    try {
      authorize(Role.VIEWER, context.caller);
    } catch (error) {
      if (error instanceof Forbidden) noteForbidden(context);
      throw error;
    }
    return { version, server, managed: server };
  });
}
