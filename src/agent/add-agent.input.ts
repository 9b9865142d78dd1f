import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { LabelInput } from '../label/label';
import { Agent } from './agent';
import { AGENT_KINDS, type AgentKindName } from './agent-kinds';
import { AgentType, PURPOSES } from './agent-type';
import { addInputOf, inputByKind, type AddedAgent } from './kind-inputs';

@InputType({
  description: 'A host agent, entered by hand. Its key comes by a registration token that replaces its node.',
})
export class AddHostAgentInput {
  @Field(() => ID, { description: 'The node that it runs on, which has no host agent yet.' })
  nodeId: string;

  @Field(() => [LabelInput], { nullable: true, description: 'Labels to give to it; 64 at most.' })
  labels?: LabelInput[] | null;
}

export const AddAgentInput = inputByKind('AddAgentInput', 'The agent to add: one of the kinds.', {
  hostAgent: [AddHostAgentInput, PURPOSES[AgentType.HOST_AGENT]],
  ...Object.fromEntries(
    Object.entries(AGENT_KINDS).map(([name, kind]) => [name, [addInputOf(kind), PURPOSES[kind.type]]]),
  ),
});

export type AddAgentInput = { hostAgent?: AddHostAgentInput | null } & {
  [Name in AgentKindName]?: AddedAgent | null;
};

@ObjectType({ description: 'The agent that was added.' })
export class AddAgentPayload {
  @Field(() => Agent, { description: 'The agent.' })
  agent: Agent;
}
