import { Arg, Args, Ctx, Field, ID, InputType, Query, Resolver } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Connection } from '../connection/connection';
import { listPage } from '../connection/list';
import { findByIdOrName } from '../connection/lookup';
import type { Context } from '../context';
import { Node } from './node';
import { NODES, NodeConnection, NodesArgs } from './node-list';

@InputType({ description: 'Names one node.' })
export class NodeBy {
  @Field(() => ID, { nullable: true, description: 'By its id.' })
  id?: string | null;

  @Field(() => String, { nullable: true, description: 'By its name, regardless of case.' })
  name?: string | null;
}

@Resolver()
export class NodeResolver {
  @Requires('VIEWER')
  @Query(() => Node, { nullable: true, description: 'A node; null when there is none. Needs VIEWER.' })
  node(
    @Ctx() context: Context,
    @Arg('by', () => NodeBy, { description: 'Which one.' }) by: NodeBy,
  ): Promise<Node | null> {
    return findByIdOrName(context, NODES, by);
  }

  @Requires('VIEWER')
  @Query(() => NodeConnection, { description: 'The nodes. Needs VIEWER.' })
  nodes(@Ctx() context: Context, @Args(() => NodesArgs) args: NodesArgs): Connection<Node> {
    return listPage(context, NODES, args);
  }
}
