import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Context } from '../context';
import { findTargets } from './find-targets';
import { targetAddress, targetLabels, type TargetLabels } from './target';
import type { TargetFilter } from './target-filter';

/** Targets as Prometheus reads them: a list of groups in JSON, and a digest of its bytes. */
export interface Targets {
  json: Buffer;
  digest: string;
}

/** So many are written before others have their turn. */
const AT_ONCE = 500;

/** A group for each agent that listens, in the order of their ids. One at an address that is none is left out, and the log says so. */
export async function discoverTargets(
  { db, log }: Pick<Context, 'db' | 'log'>,
  filter: TargetFilter,
): Promise<Targets> {
  const rows = await findTargets(db, filter);
  const parts: Buffer[] = [];
  const withoutAddress: string[] = [];
  const hash = createHash('sha256');
  const write = (text: string) => {
    const part = Buffer.from(text);
    hash.update(part);
    parts.push(part);
  };
  let separator = '[';
  while (rows.length > 0) {
    // Taken out as they are written: what comes of them is smaller.
    const groups = rows.splice(0, AT_ONCE).flatMap((row) => {
      const address = targetAddress(row);
      if (address === null) withoutAddress.push(row.agent_id);
      const labels = targetLabels(row);
      return address === null || !hasLabels(labels, filter) ? [] : [JSON.stringify({ targets: [address], labels })];
    });
    if (groups.length > 0) {
      write(separator + groups.join());
      separator = ',';
    }
    await setImmediate();
  }
  write(separator === '[' ? '[]' : ']');
  if (withoutAddress.length > 0)
    log.warn(
      { agents: withoutAddress.length, first: withoutAddress[0] },
      'Prometheus is not told of agents on nodes whose address is neither an IP address nor a host name',
    );
  return { json: Buffer.concat(parts), digest: hash.digest('base64url') };
}

function hasLabels(labels: TargetLabels, { labels: wanted }: TargetFilter): boolean {
  return [...wanted].every(([name, values]) => {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
    return value !== undefined && (values?.has(value) ?? true);
  });
}
