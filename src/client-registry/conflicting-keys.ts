import { keyStatusSql } from '../access/api-key';
import { credentialFingerprint } from '../access/credential';
import { loader, type LoaderContext } from '../loader';
import { olderSql, sameName } from './registration-request';

interface KeyRow {
  request_id: string;
  public_id: string;
  secret_hash: Buffer;
}

/** The good keys of the node that has the name, and that of the oldest request that waits for it: of a thousand for one name, not all others. */
const KEYS = `
  SELECT request.id AS request_id, key.public_id, key.secret_hash
  FROM registration_request AS request
  JOIN node ON ${sameName('node.name', 'request.node_name')}
  JOIN agent ON agent.runs_on_node_id = node.id AND agent.type = 'HOST_AGENT'
  JOIN api_key AS key ON key.agent_id = agent.id
  WHERE request.id = ANY ($1::uuid[]) AND ${keyStatusSql('key')} = 'ACTIVE'
  UNION ALL
  SELECT request.id, other.key_public_id, other.key_secret_hash
  FROM registration_request AS request CROSS JOIN LATERAL (
    SELECT older.key_public_id, older.key_secret_hash ${olderSql('request')} ORDER BY older.requested_at, older.id LIMIT 1
  ) AS other
  WHERE request.id = ANY ($1::uuid[])`;

/** The fingerprints of the keys that a conflicting request is in conflict with. */
export async function conflictingKeys(context: LoaderContext, requestId: string): Promise<string[]> {
  const found = await loader<string, string[]>(context, conflictingKeys, async (db, requestIds) => {
    const rows = await db.query<KeyRow[]>(KEYS, [requestIds]);
    const byRequest = new Map<string, string[]>(requestIds.map((id) => [id, []]));
    for (const { request_id, public_id, secret_hash } of rows)
      byRequest.get(request_id)!.push(credentialFingerprint(public_id, secret_hash));
    return byRequest;
  }).load(requestId);
  return found ?? [];
}
