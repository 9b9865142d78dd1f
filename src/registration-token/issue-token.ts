import { v7 as uuidv7 } from 'uuid';
import type { EntityManager } from 'typeorm';
import { CredentialKind, hashSecret, makeCredential } from '../access/credential';
import { recordSuccess } from '../audit/audit';
import { countingRefusals } from '../audit/counted-refusal';
import type { FieldChange } from '../audit/audit-event';
import type { Context } from '../context';
import { violates } from '../database/constraint';
import { InvalidInput, NotFound, type FieldFault } from '../errors';
import { labelMap } from '../label/label';
import { placementFaults } from '../node/placement';
import { isUuid } from '../scalars/uuid';
import { textFaults } from '../text';
import { RegistrationToken } from './registration-token';
import type { IssueRegistrationTokenInput, IssueRegistrationTokenPayload } from './registration-token.input';

const ACTION = 'registration_token.issue';
const LONGEST_TTL_SECONDS = 30 * 24 * 3600;
const MOST_USES = 10_000;
const LONGEST_DESCRIPTION = 500;
const NAME_PATTERN = /^[A-Za-z0-9._*-]{1,253}$/;

/** Issues a registration token. The secret is in this answer alone: only its hash is stored. */
export async function issueRegistrationToken(
  context: Context,
  input: IssueRegistrationTokenInput,
): Promise<IssueRegistrationTokenPayload> {
  const faults = inputFaults(input);
  if (faults.length > 0) throw new InvalidInput(faults);
  if (input.replacesNodeId != null && !isUuid(input.replacesNodeId)) throw new NotFound('node');
  const { credential, text: secret } = makeCredential(CredentialKind.REGISTRATION_TOKEN);
  const id = uuidv7();
  const token = await countingRefusals(context, { action: ACTION }, () =>
    context.db.transaction(async (tx) => {
      await insertToken(tx, context, id, input, credential);
      const issued = await tx.findOneByOrFail(RegistrationToken, { id });
      await recordSuccess(tx, context, {
        action: ACTION,
        targetType: 'registration_token',
        targetId: id,
        targetName: credential.publicId,
        changes: grantOf(issued),
      });
      return issued;
    }),
  );
  return { token, secret };
}

/** What the token lets in, for the audit trail. */
function grantOf(token: RegistrationToken): FieldChange[] {
  const { maxUses, nodeName, replacesNodeId, region, environment, tags, labels, expiresAt } = token;
  const told = {
    maxUses: String(maxUses),
    nodeName,
    replacesNodeId,
    region,
    environment,
    tags: tags.join(', ') || null,
    labels: labels.map(({ name, value }) => `${name}=${value}`).join(', ') || null,
    expiresAt: expiresAt.toISOString(),
  };
  return Object.entries(told).flatMap(([field, after]) => (after === null ? [] : [{ field, before: null, after }]));
}

function inputFaults(input: IssueRegistrationTokenInput): FieldFault[] {
  const { ttl, maxUses, nodeName, replacesNodeId } = input;
  const faults = [
    ...textFaults(input.description, 'input.description', LONGEST_DESCRIPTION),
    ...placementFaults(input, 'input'),
  ];
  const fault = (path: string, message: string) => faults.push({ path: `input.${path}`, message });
  if (ttl != null && (ttl < 1 || ttl > LONGEST_TTL_SECONDS)) fault('ttl', 'Give a time from 1s to 30d.');
  if (maxUses < 1 || maxUses > MOST_USES) fault('maxUses', `Give a number from 1 to ${MOST_USES}.`);
  if (nodeName != null && !NAME_PATTERN.test(nodeName))
    fault('nodeName', 'Give a name of letters, digits, dots, underscores and dashes, with * for any part.');
  if (replacesNodeId != null && maxUses > 1) fault('maxUses', 'A token that replaces a node has one use.');
  if (replacesNodeId != null && nodeName != null) fault('nodeName', 'A token that replaces a node has that name.');
  return faults;
}

async function insertToken(
  tx: EntityManager,
  context: Context,
  id: string,
  input: IssueRegistrationTokenInput,
  credential: { publicId: string; secret: string },
): Promise<void> {
  const ttl = input.ttl ?? context.config.registrationToken.defaultTtlSeconds;
  try {
    await tx.insert(RegistrationToken, {
      id,
      publicId: credential.publicId,
      secretHash: hashSecret(credential.secret),
      description: input.description ?? null,
      maxUses: input.maxUses,
      nodeName: input.nodeName ?? null,
      replacesNodeId: input.replacesNodeId ?? null,
      region: input.region ?? null,
      environment: input.environment ?? null,
      tags: [...new Set(input.tags)],
      labelMap: labelMap(input.labels ?? []),
      createdByName: context.caller!.name,
      createdByKeyPublicId: context.caller!.publicId,
      expiresAt: () => `clock_timestamp() + make_interval(secs => ${ttl})`,
    });
  } catch (error) {
    if (violates(error, 'registration_token_replaces_node_id_fkey')) throw new NotFound('node');
    throw error;
  }
}
