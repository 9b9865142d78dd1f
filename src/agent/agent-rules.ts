import type { FieldFault } from '../errors';
import type { AgentKind } from './agent-kind';
import type { GivenSettings } from './kind-inputs';
import { ruleOf, type SettingName } from './settings';

/** What is wrong with settings that are given to an agent of this kind, with paths below `path`. */
export function settingsFaults(kind: AgentKind, given: GivenSettings, path: string): FieldFault[] {
  return kind.settings.flatMap((name) => settingFaults(kind, name, given[name], `${path}.${name}`));
}

function settingFaults(kind: AgentKind, name: SettingName, value: unknown, path: string): FieldFault[] {
  if (value === undefined) return [];
  if (value !== null) return ruleOf(name).faults(value as never, path);
  return isNeverEmpty(kind, name) ? [{ path, message: 'It is never empty: leave it out, or give a value.' }] : [];
}

function isNeverEmpty({ required }: AgentKind, name: SettingName): boolean {
  const { fallback, isList = false } = ruleOf(name);
  return required.includes(name) || (fallback !== undefined && !isList);
}
