import { Field, ID, InputType } from 'type-graphql';
import type { CostlyCondition } from '../connection/costly-condition';
import { filterCondition, idCondition } from '../filter/filter';
import { LabelFilter, labelConditions } from '../filter/label-filter';
import type { Parameters } from '../filter/parameters';
import { nameConditions, StringFilter, stringConditions } from '../filter/string-filter';
import { DateTime } from '../scalars/date-time';
import { nodeLastSeenSql, nodeStatusSql, nodesHeardOf, UNKNOWN_NODES } from '../sync/status';
import { NodeStatus, NodeType } from './node-type';

@InputType({ description: 'Conditions on nodes. All that are given must hold. At most 5 levels and 50 conditions.' })
export class NodeFilter {
  @Field(() => [ID], { nullable: true, description: 'Is one of these.' })
  ids?: string[] | null;

  @Field(() => [NodeType], { nullable: true, description: 'Is of one of these kinds.' })
  type?: NodeType[] | null;

  @Field(() => [NodeStatus], { nullable: true, description: 'Has one of these statuses.' })
  status?: NodeStatus[] | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the name.' })
  name?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the address.' })
  address?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the region.' })
  region?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the environment.' })
  environment?: StringFilter | null;

  @Field(() => [String], { nullable: true, description: 'Has all of these tags.' })
  tags?: string[] | null;

  @Field(() => [LabelFilter], { nullable: true, description: 'Conditions on labels. All must hold.' })
  labels?: LabelFilter[] | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Its host agent was not heard of since. One that was never heard of counts from when the node was made.',
  })
  silentSince?: Date | null;

  @Field(() => [NodeFilter], { nullable: true, description: 'All of these hold.' })
  and?: NodeFilter[] | null;

  @Field(() => [NodeFilter], { nullable: true, description: 'At least one of these holds.' })
  or?: NodeFilter[] | null;

  @Field(() => NodeFilter, { nullable: true, description: 'This does not hold.' })
  not?: NodeFilter | null;
}

/** The SQL condition of a filter, over the row `item` of node. */
export function nodeCondition(filter: NodeFilter | null | undefined, parameters: Parameters): string {
  return filterCondition(filter, ownConditions, parameters);
}

/** The ids of the nodes that have a status. */
const BY_STATUS: Record<NodeStatus, string> = {
  [NodeStatus.ACTIVE]: nodesHeardOf('ACTIVE'),
  [NodeStatus.INACTIVE]: nodesHeardOf('INACTIVE'),
  [NodeStatus.UNKNOWN]: UNKNOWN_NODES,
};

/** What a filter asks of the status, and what else it asks. */
export function statusOfNodes(filter: NodeFilter | null | undefined, parameters: Parameters): CostlyCondition | null {
  const { status, ...others } = filter ?? {};
  if (!status || status.length === 0) return null;
  return {
    holds: statusCondition(status),
    others: nodeCondition(others, parameters),
    ids: [...new Set(status)].map((one) => `(${BY_STATUS[one]})`).join(' UNION ALL '),
    isRare: !status.includes(NodeStatus.ACTIVE),
  };
}

/** Written out, as those values may be that are names of ours: not every statement that is made of it has room for a parameter. */
function statusCondition(status: NodeStatus[]): string {
  return `${nodeStatusSql('item.id')} = ANY ('{${status.join()}}'::text[])`;
}

function ownConditions(filter: NodeFilter, parameters: Parameters, path: string): string[] {
  const { ids, type, status, tags, silentSince } = filter;
  return [
    ...(ids ? [idCondition('item.id', ids, parameters)] : []),
    ...(type ? [`item.type = ANY (${parameters.add(type)}::text[])`] : []),
    ...(status ? [status.length === 0 ? 'false' : statusCondition(status)] : []),
    ...nameConditions(filter.name, parameters, `${path}.name`),
    ...stringConditions('item.address', filter.address, parameters, `${path}.address`),
    ...stringConditions('item.region', filter.region, parameters, `${path}.region`),
    ...stringConditions('item.environment', filter.environment, parameters, `${path}.environment`),
    ...(tags ? [`item.tags @> ${parameters.add(tags)}::text[]`] : []),
    ...labelConditions('item.labels', filter.labels, parameters),
    ...(silentSince ? [`${nodeLastSeenSql('item')} < ${parameters.add(silentSince)}`] : []),
  ];
}
