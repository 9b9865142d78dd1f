import { z } from 'zod';
import { agentKeySchema } from './agent-key';

/** What an agent remembers, as state.json holds it. */
export const agentStateSchema = z.strictObject({
  version: z.literal(1),
  /** The attempt to register, until the agent first runs: by which token (its public id), and the id under which a lost answer can be asked for again. */
  registration: z.strictObject({ tokenPublicId: z.string(), registrationId: z.uuid() }).nullable(),
  /** The key that an administrator is asked to approve, and the node name that it is asked for with; until it is the live key. */
  pending: z.strictObject({ key: agentKeySchema, nodeName: z.string() }).nullable().default(null),
  agentId: z.string().nullable(),
  /** The live key. */
  key: z.string().nullable(),
  /** SHA-256 of the first key, as hex: whether the configuration names another one since. */
  firstKeyFingerprint: z.string().nullable(),
  /** The same of the key that was in the configuration when the agent registered: found there still, it is no newer one. */
  formerKeyFingerprint: z.string().nullable(),
  /**
   * The renewal of the live key that was begun: the id under which the server is asked for the successor, and the successor once
   * it is here. Null as well in the state of an agent that knew of no renewals.
   */
  rotation: z.strictObject({ rotationId: z.uuid(), successor: z.string().nullable() }).nullable().default(null),
  /** Of the last run that the server has answered. */
  bootId: z.uuid().nullable(),
  /** Of a run that the server may have heard of, and has not answered: the next run goes on under it. */
  unansweredBootId: z.uuid().nullable().default(null),
});

/** See agentStateSchema. */
export type AgentState = z.infer<typeof agentStateSchema>;

/** The state of an agent that was never registered. */
export const EMPTY_STATE: AgentState = {
  version: 1,
  registration: null,
  pending: null,
  agentId: null,
  key: null,
  firstKeyFingerprint: null,
  formerKeyFingerprint: null,
  rotation: null,
  bootId: null,
  unansweredBootId: null,
};
