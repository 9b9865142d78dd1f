import { z } from 'zod';
import { CredentialKind, parseCredential } from '../access/credential';

/** The text of an agent's key, as it is presented. */
export const agentKeySchema = z.string().refine((text) => parseCredential(text)?.kind === CredentialKind.AGENT_KEY);
