import type { AgentType } from './agent-type';
import type { SettingName } from './settings';

/** What agents of a kind are, and what they can be told. */
export interface AgentKind {
  type: Exclude<AgentType, AgentType.HOST_AGENT>;
  /** Its object type; the types of its inputs are named after it. */
  name: string;
  /** Its service, a node that is told, or the node that it runs on. */
  observes: 'SERVICE' | 'NODE' | 'OWN_NODE';
  /** Whether a host agent starts and stops it; if not, it is told where it runs. */
  isSupervised: boolean;
  settings: readonly SettingName[];
  /** Settings that are never empty though nothing counts in their place. */
  required: readonly SettingName[];
}
