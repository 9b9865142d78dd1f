import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Connection } from '../connection/connection';
import { childPage, itemLoader, listPage } from '../connection/list';
import { findByIdOrName } from '../connection/lookup';
import type { Context } from '../context';
import { Node } from '../node/node';
import { NODES } from '../node/node-list';
import { addService } from './add-service';
import { AddServiceInput, AddServicePayload } from './add-service.input';
import { removeService } from './remove-service';
import { RemoveServiceInput, RemoveServicePayload } from './remove-service.input';
import { Service } from './service';
import { ServiceConnection, SERVICES, ServicesArgs } from './service-list';
import { ServiceType } from './service-type';
import { serviceTypesInUse } from './types-in-use';
import { updateService } from './update-service';
import { UpdateServiceInput, UpdateServicePayload } from './update-service.input';

@InputType({ description: 'Names one service.' })
export class ServiceBy {
  @Field(() => ID, { nullable: true, description: 'By its id.' })
  id?: string | null;

  @Field(() => String, { nullable: true, description: 'By its name, regardless of case.' })
  name?: string | null;
}

@Resolver(() => Service)
export class ServiceResolver {
  @Requires('VIEWER')
  @Query(() => Service, { nullable: true, description: 'A service; null when there is none. Needs VIEWER.' })
  service(
    @Ctx() context: Context,
    @Arg('by', () => ServiceBy, { description: 'Which one.' }) by: ServiceBy,
  ): Promise<Service | null> {
    return findByIdOrName(context, SERVICES, by);
  }

  @Requires('VIEWER')
  @Query(() => ServiceConnection, { description: 'The services. Needs VIEWER.' })
  services(@Ctx() context: Context, @Args(() => ServicesArgs) args: ServicesArgs): Connection<Service> {
    return listPage(context, SERVICES, args);
  }

  @Requires('VIEWER')
  @Query(() => [ServiceType], { description: 'The kinds of services that there are on the roll. Needs VIEWER.' })
  serviceTypesInUse(@Ctx() { db }: Context): Promise<ServiceType[]> {
    return serviceTypesInUse(db);
  }

  @Requires('EDITOR')
  @Mutation(() => AddServicePayload, { description: 'Puts a service of a node on the roll. Needs EDITOR.' })
  addService(
    @Ctx() context: Context,
    @Arg('input', () => AddServiceInput, { description: 'What it is.' }) input: AddServiceInput,
  ): Promise<AddServicePayload> {
    return addService(context, input);
  }

  @Requires('EDITOR')
  @Mutation(() => UpdateServicePayload, { description: 'Changes the facts of a service. Needs EDITOR.' })
  updateService(
    @Ctx() context: Context,
    @Arg('input', () => UpdateServiceInput, { description: 'Which one, and what to change.' })
    input: UpdateServiceInput,
  ): Promise<UpdateServicePayload> {
    return updateService(context, input);
  }

  @Requires('EDITOR')
  @Mutation(() => RemoveServicePayload, { description: 'Takes a service off the roll; its node stays. Needs EDITOR.' })
  removeService(
    @Ctx() context: Context,
    @Arg('input', () => RemoveServiceInput, { description: 'Which one, and how.' }) input: RemoveServiceInput,
  ): Promise<RemoveServicePayload> {
    return removeService(context, input);
  }

  @Requires('VIEWER')
  @FieldResolver(() => Node, { description: 'The node that it runs on.' })
  node(@Ctx() context: Context, @Root() service: Service): Promise<Node | null> {
    return itemLoader(context, NODES).load(service.nodeId);
  }
}

@Resolver(() => Node)
export class NodeServicesResolver {
  @Requires('VIEWER')
  @FieldResolver(() => ServiceConnection, { description: 'The services that run here.' })
  services(
    @Ctx() context: Context,
    @Root() node: Node,
    @Args(() => ServicesArgs) args: ServicesArgs,
  ): Connection<Service> {
    return childPage(context, SERVICES, 'item.node_id = parent.id', node.id, args);
  }
}
