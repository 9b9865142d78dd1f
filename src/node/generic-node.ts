import { ChildEntity, Column } from 'typeorm';
import { Field, ObjectType } from 'type-graphql';
import { Node } from './node';
import { NodeType } from './node-type';

@ChildEntity(NodeType.GENERIC)
@ObjectType({ implements: Node, description: 'Bare metal or a virtual machine.' })
export class GenericNode extends Node {
  @Column('text', { name: 'machine_id', nullable: true })
  @Field(() => String, {
    nullable: true,
    description: 'What the operating system calls the machine. Clones may share it.',
  })
  machineId: string | null;

  @Column('text', { nullable: true })
  @Field(() => String, { nullable: true, description: 'The distribution of the operating system.' })
  distro: string | null;
}
