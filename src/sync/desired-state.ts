import type { EntityManager } from 'typeorm';
import type { AgentType } from '../agent/agent-type';
import { AGENT_KINDS } from '../agent/agent-kinds';
import { ruleOf, type SettingName } from '../agent/settings';
import type { Setting } from '../agent/setting';
import { Duration } from '../scalars/duration';
import { formatDuration } from '../duration';
import type { Secrets } from '../secret/secrets';
import type { SealedSecret } from '../secret/secret-box';
import type { DesiredAgent } from './sync-agent.input';

/** All that a host agent should run, of one generation. */
export interface DesiredState {
  generation: number;
  desired: DesiredAgent[];
}

/** Why secrets do not go out, in words for the agent's status; null: they do. */
export type Withheld = string | null;

interface Row {
  generation: number;
  id: string | null;
  type: AgentType;
  settings: Record<string, unknown>;
  address: string | null;
  port: number | null;
  socket: string | null;
  database_name: string | null;
  secrets: { field: string; keyId: string; sealed: string }[];
}

/** One statement: the generation is that of what is told with it, whatever changes meanwhile. */
const DESIRED = `
  SELECT host.generation, agent.id, agent.type, agent.settings,
    coalesce(service.address, observed.address) AS address, service.port, service.socket,
    CASE WHEN service.type = 'POSTGRESQL' THEN service.database_name END AS database_name,
    (SELECT coalesce(json_agg(json_build_object('field', field, 'keyId', key_id, 'sealed', encode(sealed, 'base64')) ORDER BY field), '[]')
     FROM agent_secret WHERE agent_secret.agent_id = agent.id) AS secrets
  FROM agent AS host
  LEFT JOIN agent ON agent.supervisor_id = host.id AND NOT agent.disabled
  LEFT JOIN service ON service.id = agent.observed_service_id
  LEFT JOIN node AS observed ON observed.id = agent.observed_node_id
  WHERE host.id = $1 ORDER BY agent.id`;

/** What the host agent should run now, in the order of ids. */
export async function desiredState(
  db: EntityManager,
  hostAgentId: string,
  secrets: Secrets,
  withheld: Withheld,
): Promise<DesiredState> {
  const rows = await db.query<Row[]>(DESIRED, [hostAgentId]);
  const desired = rows.flatMap((row) =>
    row.id === null ? [] : [desiredAgent({ ...row, id: row.id }, secrets, withheld)],
  );
  return { generation: rows[0]?.generation ?? 0, desired };
}

function desiredAgent(row: Row & { id: string }, secrets: Secrets, withheld: Withheld): DesiredAgent {
  const { id, type, settings, address, port, socket, database_name } = row;
  const opened = openAll(row, secrets, withheld);
  return {
    agentId: id,
    type,
    settings: settingsOf(type, settings),
    ...opened,
    address,
    port,
    socket,
    databaseName: database_name,
  };
}

/** One that cannot be opened keeps no other agent from running. */
function openAll(
  { id, secrets: sealed }: Row & { id: string },
  secrets: Secrets,
  withheld: Withheld,
): Pick<DesiredAgent, 'secrets' | 'secretsWithheld'> {
  if (sealed.length === 0 || withheld !== null)
    return { secrets: [], secretsWithheld: sealed.length === 0 ? null : withheld };
  try {
    const opened = sealed.map(({ field, keyId, sealed: text }) => {
      const stored: SealedSecret = { keyId, sealed: Buffer.from(text, 'base64') };
      return { name: field, value: secrets.open({ agentId: id, field }, stored) };
    });
    return { secrets: opened, secretsWithheld: null };
  } catch (error) {
    return { secrets: [], secretsWithheld: (error as Error).message };
  }
}

const KINDS = new Map(Object.values(AGENT_KINDS).map((kind) => [kind.type as AgentType, kind]));

/** What was said of the settings of its kind, as text: lengths of time with their unit, lists as JSON. */
function settingsOf(type: AgentType, settings: Record<string, unknown>): Setting[] {
  const names: readonly SettingName[] = KINDS.get(type)?.settings ?? [];
  return names.flatMap((name) => {
    const value = settings[name];
    return value === null || value === undefined ? [] : [{ name, value: told(name, value) }];
  });
}

function told(name: SettingName, value: unknown): string {
  if (typeof value === 'string') return value;
  const isDuration = ruleOf(name).type() === Duration;
  return isDuration ? formatDuration(value as number) : JSON.stringify(value);
}
