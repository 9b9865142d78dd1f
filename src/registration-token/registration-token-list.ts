import { ArgsType, Field, InputType } from 'type-graphql';
import { connectionOf, OrderDirection, PageArgs } from '../connection/connection';
import type { List } from '../connection/list';
import type { Parameters } from '../filter/parameters';
import { DateTime } from '../scalars/date-time';
import { RegistrationToken, TokenStatus, tokenStatusSql } from './registration-token';

export const RegistrationTokenConnection = connectionOf<RegistrationToken>(
  'RegistrationToken',
  () => RegistrationToken,
);

@InputType({ description: 'Conditions on registration tokens. All that are given must hold.' })
export class RegistrationTokenFilter {
  @Field(() => [TokenStatus], { nullable: true, description: 'Has one of these statuses.' })
  status?: TokenStatus[] | null;

  @Field(() => DateTime, { nullable: true, description: 'Ends before then.' })
  expiresBefore?: Date | null;
}

@ArgsType()
export class RegistrationTokensArgs extends PageArgs {
  @Field(() => RegistrationTokenFilter, { nullable: true, description: 'Which tokens.' })
  filter?: RegistrationTokenFilter | null;
}

export const REGISTRATION_TOKENS: List<RegistrationToken, RegistrationTokenFilter> = {
  table: 'registration_token',
  sortValues: { CREATED_AT: { expression: 'item.created_at', type: 'timestamptz' } },
  defaultOrder: { field: 'CREATED_AT', direction: OrderDirection.DESC },
  condition: tokenCondition,
  entity: RegistrationToken,
};

function tokenCondition(filter: RegistrationTokenFilter | null | undefined, parameters: Parameters): string {
  const { status, expiresBefore } = filter ?? {};
  const conditions = [
    ...(status ? [`${tokenStatusSql('item')} = ANY (${parameters.add(status)}::text[])`] : []),
    ...(expiresBefore ? [`item.expires_at < ${parameters.add(expiresBefore)}`] : []),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}
