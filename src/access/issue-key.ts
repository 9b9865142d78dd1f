import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { recordSuccess } from '../audit/audit';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { Conflict, InvalidInput, type FieldFault } from '../errors';
import { formatDuration } from '../duration';
import { textFaults } from '../text';
import { ApiKey, keyStatusSql } from './api-key';
import type { IssueApiKeyInput, IssueApiKeyPayload } from './api-key.input';
import { CredentialKind, hashSecret, makeCredential, type Credential } from './credential';
import { Role } from './role';

const ACTION = 'api_key.issue';
const LONGEST_NAME = 100;

/** Issues a key for a person or a script. It is in this answer alone: only its hash is stored. */
export async function issueApiKey(context: Context, input: IssueApiKeyInput): Promise<IssueApiKeyPayload> {
  const faults = inputFaults(context, input);
  if (faults.length > 0) throw new InvalidInput(faults);
  const { credential, text: secret } = makeCredential(CredentialKind.USER_KEY);
  const apiKey = await countingRefusals(context, { action: ACTION }, () =>
    context.db.transaction((tx) => issue(tx, context, input, credential)),
  );
  return { apiKey, secret };
}

async function issue(
  tx: EntityManager,
  context: Context,
  { name, role, ttl: asked, neverExpires }: IssueApiKeyInput,
  { publicId, secret }: Credential,
): Promise<ApiKey> {
  await refuseTakenName(tx, name);
  const id = uuidv7();
  const ttl = neverExpires ? null : (asked ?? context.config.apiKey.defaultTtlSeconds);
  await tx.insert(ApiKey, {
    id,
    publicId,
    secretHash: hashSecret(secret),
    name,
    role,
    createdByName: context.caller!.name,
    createdByKeyPublicId: context.caller!.publicId,
    ...(ttl !== null && { expiresAt: () => `clock_timestamp() + make_interval(secs => ${ttl})` }),
  });
  const issued = await tx.findOneByOrFail(ApiKey, { id });
  await recordSuccess(tx, context, {
    action: ACTION,
    targetType: 'api_key',
    targetId: id,
    targetName: name,
    changes: [
      { field: 'publicId', before: null, after: publicId },
      { field: 'role', before: null, after: role },
      { field: 'expiresAt', before: null, after: issued.expiresAt?.toISOString() ?? 'never' },
    ],
  });
  return issued;
}

function inputFaults({ config }: Context, { name, role, ttl, neverExpires }: IssueApiKeyInput): FieldFault[] {
  const { minimumTtlSeconds, maximumTtlSeconds, neverExpires: endlessAllowed } = config.apiKey;
  const faults = textFaults(name, 'input.name', LONGEST_NAME);
  if (faults.length === 0 && name.trim() !== name)
    faults.push({ path: 'input.name', message: 'Give a name without spaces before and behind it.' });
  const fault = (path: string, message: string) => faults.push({ path: `input.${path}`, message });
  if (role === Role.AGENT) fault('role', 'Agents get their keys by enrolling. Give VIEWER, EDITOR or ADMIN.');
  if (neverExpires && ttl != null) fault('ttl', 'Give a ttl or neverExpires, not both.');
  if (neverExpires && !endlessAllowed) fault('neverExpires', 'This server issues no keys without an end. Give a ttl.');
  if (ttl != null && (ttl < minimumTtlSeconds || ttl > maximumTtlSeconds))
    fault('ttl', `Give a time from ${formatDuration(minimumTtlSeconds)} to ${formatDuration(maximumTtlSeconds)}.`);
  return faults;
}

/** One after the other for each name: two at once could both find it free. A key that has a successor has left its name to that. */
async function refuseTakenName(tx: EntityManager, name: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtext('rollcall-key-name'), hashtext(lower($1)))`, [name]);
  const taken = await tx.query<unknown[]>(
    `SELECT FROM api_key AS key WHERE lower(key.name) = lower($1) AND key.role <> 'AGENT' AND ${keyStatusSql('key')} = 'ACTIVE'
       AND NOT EXISTS (SELECT FROM api_key AS successor WHERE successor.rotated_from_id = key.id) LIMIT 1`,
    [name],
  );
  if (taken.length > 0)
    throw new Conflict('A live key has this name. Give another one, or rotate or revoke that key first.');
}
