import { recordSuccess } from '../audit/audit';
import { countingRefusals } from '../audit/counted-refusal';
import type { Context } from '../context';
import { FailedPrecondition, InvalidInput } from '../errors';
import { ClientRegistry } from './client-registry';

const LONGEST_SECONDS = 24 * 3600;

/** Lets agents ask until so many seconds from now, whether they might before or not. */
export async function unlockClientRegistry(
  context: Context,
  duration: number | null | undefined,
): Promise<{ clientRegistry: ClientRegistry }> {
  if (duration != null && (duration < 1 || duration > LONGEST_SECONDS))
    throw new InvalidInput([{ path: 'input.duration', message: 'Give a time from 1s to 24h.' }]);
  const seconds = duration ?? context.config.clientRegistry.unlockSeconds;
  return { clientRegistry: await setEnd(context, 'client_registry.unlock', seconds) };
}

/** Lets no agent ask any more. Requests that were made can still be decided. */
export async function lockClientRegistry(context: Context): Promise<{ clientRegistry: ClientRegistry }> {
  const action = 'client_registry.lock';
  return countingRefusals(context, { action }, async () => {
    if (context.config.clientRegistry.permanentlyOpen)
      throw new FailedPrecondition(
        'The client registry is permanently open by the setting client_registry.permanently_open: set it to false and start the server again.',
      );
    return { clientRegistry: await setEnd(context, action, null) };
  });
}

/** One row: whoever stores a request holds it, so that none is stored after the answer that it is locked. */
function setEnd(context: Context, action: string, seconds: number | null): Promise<ClientRegistry> {
  const { name, publicId } = context.caller!;
  return context.db.transaction(async (tx) => {
    await tx.query('SELECT FROM client_registry FOR UPDATE');
    const before = await tx.findOneByOrFail(ClientRegistry, { id: true });
    if (seconds === null && !before.isUnlocked) return before;
    await tx.query(
      `UPDATE client_registry SET open_until = clock_timestamp() + make_interval(secs => $1::float8), opened_by_name = $2,
         opened_by_key_public_id = $3`,
      seconds === null ? [null, null, null] : [seconds, name, publicId],
    );
    const after = await tx.findOneByOrFail(ClientRegistry, { id: true });
    const change = { field: 'openUntil', before: endOf(before), after: endOf(after) };
    await recordSuccess(tx, context, { action, targetType: 'client_registry', changes: [change] });
    return after;
  });
}

function endOf({ isUnlocked, openUntil }: ClientRegistry): string | null {
  return isUnlocked ? openUntil!.toISOString() : null;
}
