import { Arg, Args, Ctx, Field, ID, InputType, Mutation, Query, Resolver } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Connection } from '../connection/connection';
import { listPage } from '../connection/list';
import { findByIdOrName } from '../connection/lookup';
import type { Context } from '../context';
import { addNode } from './add-node';
import { AddNodeInput, AddNodePayload } from './add-node.input';
import { Node } from './node';
import { NODES, NodeConnection, NodesArgs } from './node-list';
import { removeNode } from './remove-node';
import { RemoveNodeInput, RemoveNodePayload } from './remove-node.input';
import { removeStaleNodes } from './remove-stale-nodes';
import { RemoveStaleNodesInput, RemoveStaleNodesPayload } from './remove-stale-nodes.input';
import { updateNode } from './update-node';
import { UpdateNodeInput, UpdateNodePayload } from './update-node.input';

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

  @Requires('EDITOR')
  @Mutation(() => AddNodePayload, { description: 'Puts a node on the roll by hand. Needs EDITOR.' })
  addNode(
    @Ctx() context: Context,
    @Arg('input', () => AddNodeInput, { description: 'What it is.' }) input: AddNodeInput,
  ): Promise<AddNodePayload> {
    return addNode(context, input);
  }

  @Requires('EDITOR')
  @Mutation(() => UpdateNodePayload, { description: 'Changes the facts of a node. Needs EDITOR.' })
  updateNode(
    @Ctx() context: Context,
    @Arg('input', () => UpdateNodeInput, { description: 'Which one, and what to change.' }) input: UpdateNodeInput,
  ): Promise<UpdateNodePayload> {
    return updateNode(context, input);
  }

  @Requires('EDITOR')
  @Mutation(() => RemoveNodePayload, { description: 'Takes a node off the roll. Needs EDITOR.' })
  removeNode(
    @Ctx() context: Context,
    @Arg('input', () => RemoveNodeInput, { description: 'Which one, and how.' }) input: RemoveNodeInput,
  ): Promise<RemoveNodePayload> {
    return removeNode(context, input);
  }

  @Requires('EDITOR')
  @Mutation(() => RemoveStaleNodesPayload, {
    description:
      'Takes nodes off the roll that have been silent for a while; by default it only tells which. Needs EDITOR.',
  })
  removeStaleNodes(
    @Ctx() context: Context,
    @Arg('input', () => RemoveStaleNodesInput, { description: 'Which ones.' }) input: RemoveStaleNodesInput,
  ): Promise<RemoveStaleNodesPayload> {
    return removeStaleNodes(context, input);
  }
}
