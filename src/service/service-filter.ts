import { Field, ID, InputType } from 'type-graphql';
import { filterCondition, idCondition } from '../filter/filter';
import { LabelFilter, labelConditions } from '../filter/label-filter';
import type { Parameters } from '../filter/parameters';
import { nameConditions, StringFilter, stringConditions } from '../filter/string-filter';
import { ServiceType } from './service-type';

@InputType({ description: 'Conditions on services. All that are given must hold. At most 5 levels and 50 conditions.' })
export class ServiceFilter {
  @Field(() => [ID], { nullable: true, description: 'Is one of these.' })
  ids?: string[] | null;

  @Field(() => [ServiceType], { nullable: true, description: 'Is of one of these kinds.' })
  type?: ServiceType[] | null;

  @Field(() => [ID], { nullable: true, description: 'Runs on one of these nodes.' })
  nodeIds?: string[] | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the name.' })
  name?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the environment.' })
  environment?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the cluster.' })
  cluster?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the replication set.' })
  replicationSet?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the group of external services.' })
  externalGroup?: StringFilter | null;

  @Field(() => [LabelFilter], { nullable: true, description: 'Conditions on labels. All must hold.' })
  labels?: LabelFilter[] | null;

  @Field(() => [ServiceFilter], { nullable: true, description: 'All of these hold.' })
  and?: ServiceFilter[] | null;

  @Field(() => [ServiceFilter], { nullable: true, description: 'At least one of these holds.' })
  or?: ServiceFilter[] | null;

  @Field(() => ServiceFilter, { nullable: true, description: 'This does not hold.' })
  not?: ServiceFilter | null;
}

/** The SQL condition of a filter, over the row `item` of service. */
export function serviceCondition(filter: ServiceFilter | null | undefined, parameters: Parameters): string {
  return filterCondition(filter, ownConditions, parameters);
}

function ownConditions(filter: ServiceFilter, parameters: Parameters, path: string): string[] {
  const { ids, type, nodeIds } = filter;
  return [
    ...(ids ? [idCondition('item.id', ids, parameters)] : []),
    ...(type ? [`item.type = ANY (${parameters.add(type)}::text[])`] : []),
    ...(nodeIds ? [idCondition('item.node_id', nodeIds, parameters)] : []),
    ...nameConditions(filter.name, parameters, `${path}.name`),
    ...stringConditions('item.environment', filter.environment, parameters, `${path}.environment`),
    ...stringConditions('item.cluster', filter.cluster, parameters, `${path}.cluster`),
    ...stringConditions('item.replication_set', filter.replicationSet, parameters, `${path}.replicationSet`),
    ...stringConditions('item.external_group', filter.externalGroup, parameters, `${path}.externalGroup`),
    ...labelConditions('item.labels', filter.labels, parameters),
  ];
}
