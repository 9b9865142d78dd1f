import { ChildEntity, Column } from 'typeorm';
import { Field, Int, ObjectType } from 'type-graphql';
import { Agent } from './agent';
import { AgentType, EnrolmentMethod } from './agent-type';

@ChildEntity(AgentType.HOST_AGENT)
@ObjectType({
  implements: Agent,
  description: 'The agent that enrols, syncs, and starts and stops the other agents of its node.',
})
export class HostAgent extends Agent {
  @Column('text', { name: 'enrolled_by', nullable: true })
  @Field(() => EnrolmentMethod, { description: 'How it was enrolled.' })
  enrolledBy: EnrolmentMethod;

  @Column('integer', { nullable: true, default: 1 })
  @Field(() => Int, { description: 'Raised by every change of what it should run.' })
  generation: number;
}
