import { Ctx, Query, Resolver } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Context } from '../context';
import { FleetSummary } from './fleet-summary';

@Resolver()
export class FleetSummaryResolver {
  @Requires('VIEWER')
  @Query(() => FleetSummary, { nullable: true, description: 'The fleet in numbers, for a dashboard. Needs VIEWER.' })
  fleetSummary(@Ctx() { db, fleetCount }: Context): Promise<FleetSummary> {
    return fleetCount.now(db);
  }
}
