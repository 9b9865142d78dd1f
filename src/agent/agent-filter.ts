import { Field, ID, InputType } from 'type-graphql';
import type { CostlyCondition } from '../connection/costly-condition';
import { filterCondition, idCondition } from '../filter/filter';
import { LabelFilter, labelConditions } from '../filter/label-filter';
import type { Parameters } from '../filter/parameters';
import { StringFilter, stringConditions } from '../filter/string-filter';
import { agentStatusSql, hostAgentsOf, hostAgentStatusSql } from '../sync/status';
import { AgentStatus, AgentType } from './agent-type';

@InputType({ description: 'Conditions on agents. All that are given must hold. At most 5 levels and 50 conditions.' })
export class AgentFilter {
  @Field(() => [ID], { nullable: true, description: 'Is one of these.' })
  ids?: string[] | null;

  @Field(() => [AgentType], { nullable: true, description: 'Is of one of these kinds.' })
  type?: AgentType[] | null;

  @Field(() => [AgentStatus], { nullable: true, description: 'Has one of these statuses.' })
  status?: AgentStatus[] | null;

  @Field(() => [ID], { nullable: true, description: 'Runs on one of these nodes.' })
  runsOnNodeIds?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Is started and stopped by one of these host agents.' })
  supervisorIds?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Observes one of these nodes.' })
  observedNodeIds?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Observes one of these services.' })
  observedServiceIds?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Is meant not to run.' })
  disabled?: boolean | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the version.' })
  version?: StringFilter | null;

  @Field(() => [LabelFilter], { nullable: true, description: 'Conditions on labels. All must hold.' })
  labels?: LabelFilter[] | null;

  @Field(() => [AgentFilter], { nullable: true, description: 'All of these hold.' })
  and?: AgentFilter[] | null;

  @Field(() => [AgentFilter], { nullable: true, description: 'At least one of these holds.' })
  or?: AgentFilter[] | null;

  @Field(() => AgentFilter, { nullable: true, description: 'This does not hold.' })
  not?: AgentFilter | null;
}

/** The SQL condition of a filter, over the row `item` of agent. */
export function agentCondition(filter: AgentFilter | null | undefined, parameters: Parameters): string {
  return filterCondition(filter, ownConditions, parameters);
}

/** What a filter asks of the status of host agents alone, and what else it asks. */
export function statusOfAgents(filter: AgentFilter | null | undefined, parameters: Parameters): CostlyCondition | null {
  const { status, ...others } = filter ?? {};
  if (!status || status.length === 0) return null;
  const isOfHosts = status.every((one) => one === AgentStatus.ACTIVE || one === AgentStatus.INACTIVE);
  if (!isOfHosts) return null;
  return {
    holds: statusIn(hostAgentStatusSql('item.id'), status),
    others: agentCondition(others, parameters),
    ids: [...new Set(status)].map((one) => `(${hostAgentsOf(one)})`).join(' UNION ALL '),
    isRare: !status.includes(AgentStatus.ACTIVE),
  };
}

/** Written out, as those values may be that are names of ours: not every statement that is made of it has room for a parameter. */
function statusIn(expression: string, status: AgentStatus[]): string {
  return `${expression} = ANY ('{${status.join()}}'::text[])`;
}

function ownConditions(filter: AgentFilter, parameters: Parameters, path: string): string[] {
  const { type, status, disabled } = filter;
  const idsIn = (column: string, ids: string[] | null | undefined) =>
    ids ? [idCondition(column, ids, parameters)] : [];
  return [
    ...idsIn('item.id', filter.ids),
    // As agents are sorted by it: one index serves both.
    ...(type ? [`item.type COLLATE "C" = ANY (${parameters.add(type)}::text[])`] : []),
    ...(status ? [status.length === 0 ? 'false' : statusIn(agentStatusSql('item'), status)] : []),
    ...idsIn('item.runs_on_node_id', filter.runsOnNodeIds),
    ...idsIn('item.supervisor_id', filter.supervisorIds),
    ...idsIn('item.observed_node_id', filter.observedNodeIds),
    ...idsIn('item.observed_service_id', filter.observedServiceIds),
    ...(disabled == null ? [] : [`item.disabled = ${parameters.add(disabled)}`]),
    ...stringConditions('item.version', filter.version, parameters, `${path}.version`),
    ...labelConditions('item.labels', filter.labels, parameters),
  ];
}
