import { ChildEntity, Column, Index } from 'typeorm';
import { Field, ObjectType } from 'type-graphql';
import { CONTAINER_ID_KEY, Node } from './node';
import { NodeType } from './node-type';

@ChildEntity(NodeType.CONTAINER)
@ObjectType({ implements: Node, description: 'A container.' })
export class ContainerNode extends Node {
  @Column('text', { name: 'machine_id', nullable: true })
  @Field(() => String, { nullable: true, description: 'What the operating system of its host calls that machine.' })
  machineId: string | null;

  @Column('text', { name: 'container_id', nullable: true })
  @Index(CONTAINER_ID_KEY, { unique: true })
  @Field(() => String, { nullable: true, description: 'What its runtime calls it. Unique when given.' })
  containerId: string | null;

  @Column('text', { name: 'container_name', nullable: true })
  @Field(() => String, { nullable: true, description: 'What people call it.' })
  containerName: string | null;
}
