import { ChildEntity } from 'typeorm';
import { ObjectType } from 'type-graphql';
import { Node } from './node';
import { NodeType } from './node-type';

@ChildEntity(NodeType.REMOTE_AZURE_DATABASE)
@ObjectType({ implements: Node, description: 'An Azure database instance. It has a region.' })
export class RemoteAzureDatabaseNode extends Node {}
