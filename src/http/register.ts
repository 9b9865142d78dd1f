import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { RegistrationRequestState } from '../client-registry/registration-request';
import { requestRegistration } from '../client-registry/request-registration';
import type { Context } from '../context';
import { admit } from '../enrolment/presented-token';
import { registerAgent } from '../enrolment/register-agent';
import { countEnrolment } from '../metrics/enrolments';
import type { Instruments } from '../metrics/instruments';
import { bodyFaults, factsOf, inTheBodysWords, KeyBody, namesKey, TokenBody } from './register-body';

/** POST /api/v1/register: registration as PMP4PG's agent does it, with a token; or by approval, with a key of the agent's own making. */
export async function registerRoute(
  app: FastifyInstance,
  contextOf: (request: FastifyRequest) => Promise<Context>,
  instruments: Pick<Instruments, 'enrolments'>,
): Promise<void> {
  await app.register(async (route) => {
    // fastify would read plain text unasked, and we would then complain of JSON that it never was.
    route.removeContentTypeParser('text/plain');
    route.post('/api/v1/register', async (request, reply) => {
      const context = await contextOf(request);
      reply.header('cache-control', 'no-store');
      return namesKey(request.body)
        ? registerByKey(context, request.body, reply)
        : countEnrolment(instruments, () => registerByToken(context, request.body, reply));
    });
  });
}

async function registerByToken(context: Context, body: unknown, reply: FastifyReply): Promise<unknown> {
  const parsed = TokenBody.safeParse(body);
  if (!parsed.success) throw await malformed(context, body, parsed.error);
  const { token, registration_id } = parsed.data;
  const input = { token, registrationId: registration_id ?? null, ...factsOf(parsed.data) };
  const enrolled = await registerAgent(context, input).catch(inTheBodysWords);
  return reply.code(201).send({
    agent_id: enrolled.agentId,
    api_key: enrolled.secret,
    node_id: enrolled.nodeId,
    service_id: enrolled.serviceId,
    sync_interval_seconds: enrolled.syncIntervalSeconds,
  });
}

/** What is told of a body that is none; never resolves to anything else than a refusal. */
async function malformed(context: Context, body: unknown, error: z.ZodError): Promise<unknown> {
  const token = z.object({ token: z.string() }).safeParse(body).data?.token ?? '';
  return admit(context, token, bodyFaults(error, context.config.limits.errors)).catch((refusal: unknown) => refusal);
}

/** 201 until the agent has used its key, so that a script which misses the first answer still sees that it was let in. */
const STATUS: Record<RegistrationRequestState, number> = {
  PENDING: 202,
  CONFLICTING: 409,
  REJECTED: 403,
  APPROVED: 201,
  EXPIRED: 410,
};

async function registerByKey(context: Context, body: unknown, reply: FastifyReply): Promise<unknown> {
  if (!context.caller) await context.limits.anonymous(context);
  const parsed = KeyBody.safeParse(body);
  if (!parsed.success)
    throw await context.limits.failedEnrolment(context, bodyFaults(parsed.error, context.config.limits.errors));
  const { key_public_id, key_secret_hash } = parsed.data;
  const input = { keyPublicId: key_public_id, keySecretHash: key_secret_hash, ...factsOf(parsed.data) };
  const asked = await requestRegistration(context, input).catch(inTheBodysWords);
  if (asked.state !== RegistrationRequestState.APPROVED) reply.header('retry-after', asked.pollAfterSeconds);
  return reply.code(asked.synced ? 200 : STATUS[asked.state]).send({
    state: asked.state,
    request_id: asked.requestId,
    nonce: asked.nonce,
    pairing_id: asked.pairingId,
    poll_after_seconds: asked.pollAfterSeconds,
    message: asked.message,
    agent_id: asked.agentId,
    node_id: asked.nodeId,
  });
}
