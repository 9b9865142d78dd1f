import { z } from 'zod';
import type { RegisterNodeInput, RegisterPostgreSqlInput } from '../enrolment/register-agent.input';
import { InvalidInput, type FieldFault } from '../errors';
import { isUuid } from '../scalars/uuid';

const text = z.string({ error: 'Give text.' });
// PMP4PG's agent sends what it was not told as empty text.
const optionalText = text.nullish().transform((given) => given || null);

/** What an agent says of its host. Other members are left alone. */
const FACTS = {
  hostname: z.string({ error: 'Give the name of the host.' }),
  os: optionalText,
  postgresql_version: optionalText,
  environment: optionalText,
  datacenter: optionalText,
  tags: z.array(text, { error: 'Give a list of texts.' }).nullish(),
};

/** What PMP4PG's agent sends, in JSON. */
export const TokenBody = z.object(
  {
    token: z.string({ error: 'Give the registration token, or key_public_id and key_secret_hash.' }),
    registration_id: text.refine(isUuid, { error: 'Give a UUID of 36 characters.' }).nullish(),
    ...FACTS,
  },
  { error: 'Send a JSON object.' },
);

/** What an agent without a token sends. */
export const KeyBody = z.object({
  key_public_id: z.string({ error: 'Give the public id of the key that the agent has made.' }),
  key_secret_hash: z.string({ error: 'Give the SHA-256 of the secret of that key.' }),
  token: z.null({ error: 'Give a token or a key, not both.' }).optional(),
  ...FACTS,
});

/** Whether a body names a key of the agent's own making. */
export function namesKey(body: unknown): boolean {
  const { key_public_id, key_secret_hash } = (body ?? {}) as Record<string, unknown>;
  return (key_public_id ?? key_secret_hash ?? null) !== null;
}

/** Host facts as the use cases take them. */
export function factsOf({
  hostname,
  os,
  postgresql_version,
  environment,
  datacenter,
  tags,
}: z.infer<typeof TokenBody> | z.infer<typeof KeyBody>): {
  node: RegisterNodeInput;
  postgresql: RegisterPostgreSqlInput | null;
} {
  return {
    node: { name: hostname, os, environment, region: datacenter, tags: tags ?? null },
    postgresql: postgresql_version !== null ? { version: postgresql_version } : null,
  };
}

/** The faults of a body, so many at most, as the use cases would tell them. */
export function bodyFaults({ issues }: z.ZodError, most: number): InvalidInput {
  return new InvalidInput(
    issues.slice(0, most).map(({ path, message }) => ({ path: path.join('.') || 'body', message })),
  );
}

/** Where the members of the body go, for telling faults by the names that the caller used. */
const MEMBERS: [prefix: string, member: string][] = [
  ['input.keyPublicId', 'key_public_id'],
  ['input.keySecretHash', 'key_secret_hash'],
  ['input.node.name', 'hostname'],
  ['input.node.os', 'os'],
  ['input.node.environment', 'environment'],
  ['input.node.region', 'datacenter'],
  ['input.node.tags', 'tags'],
  ['input.postgresql.version', 'postgresql_version'],
];

/** Throws the error, its faults told by the members of the body. */
export function inTheBodysWords(error: unknown): never {
  if (!(error instanceof InvalidInput)) throw error;
  throw new InvalidInput(error.fields.map(({ path, message }): FieldFault => ({ path: memberOf(path), message })));
}

function memberOf(path: string): string {
  const [prefix, member] = MEMBERS.find(([start]) => path === start || path.startsWith(`${start}.`)) ?? [path, path];
  return member + path.slice(prefix.length);
}
