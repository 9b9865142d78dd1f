import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Connection } from '../connection/connection';
import { listPage } from '../connection/list';
import type { Context } from '../context';
import { AuditEvent } from './audit-event';
import { AUDIT_EVENTS, AuditEventConnection, AuditEventsArgs } from './audit-event-list';

@Resolver(() => AuditEvent)
export class AuditEventResolver {
  @Requires('ADMIN')
  @Query(() => AuditEventConnection, {
    nullable: true,
    description: 'What was done and what was refused, newest first. Needs ADMIN.',
  })
  auditEvents(@Ctx() context: Context, @Args(() => AuditEventsArgs) args: AuditEventsArgs): Connection<AuditEvent> {
    return listPage(context, AUDIT_EVENTS, args);
  }
}
