import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Context } from '../context';
import { admit } from '../enrolment/presented-token';
import { registerAgent } from '../enrolment/register-agent';
import type { RegisterAgentInput } from '../enrolment/register-agent.input';
import { InvalidInput } from '../errors';
import { isUuid } from '../scalars/uuid';

const text = z.string({ error: 'Give text.' });
// PMP4PG's agent sends what it was not told as empty text.
const optionalText = text.nullish().transform((given) => given || null);

/** What PMP4PG's agent sends, in JSON. Other members are left alone. */
const Body = z.object(
  {
    token: z.string({ error: 'Give the registration token.' }),
    registration_id: text.refine(isUuid, { error: 'Give a UUID of 36 characters.' }).nullish(),
    hostname: z.string({ error: 'Give the name of the host.' }),
    os: optionalText,
    postgresql_version: optionalText,
    environment: optionalText,
    datacenter: optionalText,
    tags: z.array(text, { error: 'Give a list of texts.' }).nullish(),
  },
  { error: 'Send a JSON object.' },
);

/** Where the members of the body go, for telling faults by the names that the caller used. */
const MEMBERS: [prefix: string, member: string][] = [
  ['input.node.name', 'hostname'],
  ['input.node.os', 'os'],
  ['input.node.environment', 'environment'],
  ['input.node.region', 'datacenter'],
  ['input.node.tags', 'tags'],
  ['input.postgresql.version', 'postgresql_version'],
];

/** POST /api/v1/register: registration as PMP4PG's agent does it, with a token. */
export async function registerRoute(
  app: FastifyInstance,
  contextOf: (request: FastifyRequest) => Promise<Context>,
): Promise<void> {
  await app.register(async (route) => {
    // fastify would read plain text unasked, and we would then complain of JSON that it never was.
    route.removeContentTypeParser('text/plain');
    route.post('/api/v1/register', async (request, reply) => {
      const context = await contextOf(request);
      const input = await inputOf(context, request.body);
      const enrolled = await registerAgent(context, input).catch(inOurWords);
      return reply.code(201).header('cache-control', 'no-store').send({
        agent_id: enrolled.agentId,
        api_key: enrolled.secret,
        node_id: enrolled.nodeId,
        service_id: enrolled.serviceId,
        sync_interval_seconds: enrolled.syncIntervalSeconds,
      });
    });
  });
}

async function inputOf(context: Context, body: unknown): Promise<RegisterAgentInput> {
  const parsed = Body.safeParse(body);
  if (!parsed.success) throw await malformed(context, body, parsed.error);
  const { token, registration_id, hostname, os, postgresql_version, environment, datacenter, tags } = parsed.data;
  return {
    token,
    registrationId: registration_id ?? null,
    node: {
      name: hostname,
      os,
      environment,
      region: datacenter,
      tags: tags ?? null,
    },
    postgresql: postgresql_version !== null ? { version: postgresql_version } : null,
  };
}

/** What is told of a body that is none; never resolves to anything else than a refusal. */
async function malformed(context: Context, body: unknown, { issues }: z.ZodError): Promise<unknown> {
  const faults = issues
    .slice(0, context.config.limits.errors)
    .map(({ path, message }) => ({ path: path.join('.') || 'body', message }));
  const token = z.object({ token: z.string() }).safeParse(body).data?.token ?? '';
  return admit(context, token, new InvalidInput(faults)).catch((refusal: unknown) => refusal);
}

function inOurWords(error: unknown): never {
  if (!(error instanceof InvalidInput)) throw error;
  throw new InvalidInput(error.fields.map(({ path, message }) => ({ path: memberOf(path), message })));
}

function memberOf(path: string): string {
  const [prefix, member] = MEMBERS.find(([start]) => path === start || path.startsWith(`${start}.`)) ?? [path, path];
  return member + path.slice(prefix.length);
}
