import { ChildEntity, Column } from 'typeorm';
import { Field, ObjectType } from 'type-graphql';
import { Node } from './node';
import { NodeType } from './node-type';

@ChildEntity(NodeType.REMOTE_RDS)
@ObjectType({
  implements: Node,
  description: 'An Amazon RDS instance. It has a region; its address is the instance identifier, without dots.',
})
export class RemoteRdsNode extends Node {
  @Column('text', { name: 'instance_id', nullable: true })
  @Field(() => String, { nullable: true, description: 'What AWS calls the instance.' })
  instanceId: string | null;
}
