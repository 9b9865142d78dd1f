import { ArgsType, Field, ID, InputType } from 'type-graphql';
import { connectionOf, OrderDirection, PageArgs } from '../connection/connection';
import type { List } from '../connection/list';
import { idCondition } from '../filter/filter';
import type { Parameters } from '../filter/parameters';
import { stringConditions, StringFilter } from '../filter/string-filter';
import { DateTime } from '../scalars/date-time';
import { AuditEvent, AuditOutcome } from './audit-event';

export const AuditEventConnection = connectionOf<AuditEvent>('AuditEvent', () => AuditEvent);

@InputType({ description: 'Conditions on audit events. All that are given must hold.' })
export class AuditEventFilter {
  @Field(() => StringFilter, { nullable: true, description: 'What was done, such as agent.register.' })
  action?: StringFilter | null;

  @Field(() => [AuditOutcome], { nullable: true, description: 'Has one of these outcomes.' })
  outcome?: AuditOutcome[] | null;

  @Field(() => String, { nullable: true, description: 'Was done with the key of this public id.' })
  actorKeyPublicId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Was done to the thing of this id.' })
  targetId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Was written down then or later.' })
  since?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Was written down before then.' })
  until?: Date | null;
}

@ArgsType()
export class AuditEventsArgs extends PageArgs {
  @Field(() => AuditEventFilter, { nullable: true, description: 'Which events.' })
  filter?: AuditEventFilter | null;
}

export const AUDIT_EVENTS: List<AuditEvent, AuditEventFilter> = {
  table: 'audit_event',
  sortValues: { AT: { expression: 'item.at', type: 'timestamptz' } },
  defaultOrder: { field: 'AT', direction: OrderDirection.DESC },
  condition: eventCondition,
  entity: AuditEvent,
};

function eventCondition(filter: AuditEventFilter | null | undefined, parameters: Parameters): string {
  const { action, outcome, actorKeyPublicId, targetId, since, until } = filter ?? {};
  const conditions = [
    ...stringConditions('item.action', action, parameters, 'filter.action'),
    ...(outcome ? [`item.outcome = ANY (${parameters.add(outcome)}::text[])`] : []),
    ...(actorKeyPublicId != null ? [`item.actor_key_public_id = ${parameters.add(actorKeyPublicId)}`] : []),
    ...(targetId != null ? [idCondition('item.target_id', [targetId], parameters)] : []),
    ...(since ? [`item.at >= ${parameters.add(since)}`] : []),
    ...(until ? [`item.at < ${parameters.add(until)}`] : []),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}
