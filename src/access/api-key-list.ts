import { ArgsType, Field, ID, InputType } from 'type-graphql';
import { connectionOf, OrderDirection, PageArgs } from '../connection/connection';
import type { List } from '../connection/list';
import { idCondition } from '../filter/filter';
import type { Parameters } from '../filter/parameters';
import { StringFilter, stringConditions } from '../filter/string-filter';
import { DateTime } from '../scalars/date-time';
import { ApiKey, ApiKeyStatus, keyStatusSql } from './api-key';
import { Role } from './role';

export const ApiKeyConnection = connectionOf<ApiKey>('ApiKey', () => ApiKey);

@InputType({ description: 'Conditions on API keys. All that are given must hold.' })
export class ApiKeyFilter {
  @Field(() => [ApiKeyStatus], { nullable: true, description: 'Has one of these statuses.' })
  status?: ApiKeyStatus[] | null;

  @Field(() => [Role], { nullable: true, description: 'Has one of these roles.' })
  role?: Role[] | null;

  @Field(() => [ID], { nullable: true, description: 'Belongs to one of these host agents.' })
  agentIds?: string[] | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the name.' })
  name?: StringFilter | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Was not used since. One that was never used counts from when it was made.',
  })
  unusedSince?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Ends before then.' })
  expiresBefore?: Date | null;
}

@ArgsType()
export class ApiKeysArgs extends PageArgs {
  @Field(() => ApiKeyFilter, { nullable: true, description: 'Which keys.' })
  filter?: ApiKeyFilter | null;
}

export const API_KEYS: List<ApiKey, ApiKeyFilter> = {
  table: 'api_key',
  sortValues: { CREATED_AT: { expression: 'item.created_at', type: 'timestamptz' } },
  defaultOrder: { field: 'CREATED_AT', direction: OrderDirection.DESC },
  condition: keyCondition,
  entity: ApiKey,
};

function keyCondition(filter: ApiKeyFilter | null | undefined, parameters: Parameters): string {
  const { status, role, agentIds, name, unusedSince, expiresBefore } = filter ?? {};
  const conditions = [
    ...(status ? [`${keyStatusSql('item')} = ANY (${parameters.add(status)}::text[])`] : []),
    ...(role ? [`item.role = ANY (${parameters.add(role)}::text[])`] : []),
    ...(agentIds ? [idCondition('item.agent_id', agentIds, parameters)] : []),
    ...stringConditions('item.name', name, parameters, 'filter.name'),
    ...(unusedSince ? [`coalesce(item.last_used_at, item.created_at) < ${parameters.add(unusedSince)}`] : []),
    ...(expiresBefore ? [`item.expires_at < ${parameters.add(expiresBefore)}`] : []),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}
