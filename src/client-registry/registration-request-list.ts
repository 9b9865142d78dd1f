import { ArgsType, Field, InputType } from 'type-graphql';
import { connectionOf, OrderDirection, PageArgs } from '../connection/connection';
import type { List } from '../connection/list';
import type { Parameters } from '../filter/parameters';
import { StringFilter, stringConditions } from '../filter/string-filter';
import { RegistrationRequest, RegistrationRequestState, requestStateSql } from './registration-request';

export const RegistrationRequestConnection = connectionOf<RegistrationRequest>(
  'RegistrationRequest',
  () => RegistrationRequest,
);

@InputType({ description: 'Conditions on registration requests. All that are given must hold.' })
export class RegistrationRequestFilter {
  @Field(() => [RegistrationRequestState], { nullable: true, description: 'Has one of these states.' })
  state?: RegistrationRequestState[] | null;

  @Field(() => StringFilter, { nullable: true, description: 'A condition on the name that it asks for.' })
  nodeName?: StringFilter | null;
}

@ArgsType()
export class RegistrationRequestsArgs extends PageArgs {
  @Field(() => RegistrationRequestFilter, { nullable: true, description: 'Which requests.' })
  filter?: RegistrationRequestFilter | null;
}

export const REGISTRATION_REQUESTS: List<RegistrationRequest, RegistrationRequestFilter> = {
  table: 'registration_request',
  sortValues: { REQUESTED_AT: { expression: 'item.requested_at', type: 'timestamptz' } },
  defaultOrder: { field: 'REQUESTED_AT', direction: OrderDirection.DESC },
  condition: requestCondition,
  entity: RegistrationRequest,
};

function requestCondition(filter: RegistrationRequestFilter | null | undefined, parameters: Parameters): string {
  const { state, nodeName } = filter ?? {};
  const conditions = [
    // What was approved stays for ever: who looks for what waits must not read all of that.
    ...(state && !state.some(isDecided) ? ['item.decision IS NULL'] : []),
    ...(state ? [`${requestStateSql('item')} = ANY (${parameters.add(state)}::text[])`] : []),
    ...stringConditions('item.node_name', nodeName, parameters, 'filter.nodeName'),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

function isDecided(state: RegistrationRequestState): boolean {
  return state === RegistrationRequestState.APPROVED || state === RegistrationRequestState.REJECTED;
}
