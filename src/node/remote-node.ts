import { ChildEntity } from 'typeorm';
import { ObjectType } from 'type-graphql';
import { Node } from './node';
import { NodeType } from './node-type';

@ChildEntity(NodeType.REMOTE)
@ObjectType({ implements: Node, description: 'A machine that no host agent runs on.' })
export class RemoteNode extends Node {}
