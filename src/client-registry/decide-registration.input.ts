import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { HostAgent } from '../agent/host-agent';
import { LabelInput } from '../label/label';
import { RegistrationRequest } from './registration-request';

@InputType({
  description: 'A request to approve. Both its id and its pairing ID must be given, and be those of one request.',
})
export class ApproveRegistrationInput {
  @Field(() => ID, { description: 'Its id.' })
  requestId: string;

  @Field(() => String, { description: 'The pairing ID as the agent shows it; in any case, with or without its dash.' })
  pairingId: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Where the name belongs to a node, the agent takes its place: ids, services and history stay, the former key ends. Where an older request asks for the name, this one gets it.',
  })
  replace: boolean;

  @Field(() => String, { nullable: true, description: 'The region of the node, whatever the agent says.' })
  region?: string | null;

  @Field(() => String, { nullable: true, description: 'The environment of the node, whatever the agent says.' })
  environment?: string | null;

  @Field(() => [String], { nullable: true, description: 'Tags that the node gets, beside those that the agent gives.' })
  tags?: string[] | null;

  @Field(() => [LabelInput], {
    nullable: true,
    description: "Labels that the node gets; of one name, the approval's value counts.",
  })
  labels?: LabelInput[] | null;
}

@ObjectType({ description: 'The request that was approved, and the agent that it let in.' })
export class ApproveRegistrationPayload {
  @Field(() => RegistrationRequest, { description: 'The request.' })
  request: RegistrationRequest;

  @Field(() => HostAgent, { description: 'The agent.' })
  agent: HostAgent;
}

@InputType({ description: 'A request to reject.' })
export class RejectRegistrationInput {
  @Field(() => ID, { description: 'Its id.' })
  requestId: string;

  @Field(() => String, { nullable: true, description: 'Why, as the agent is told; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType({ description: 'The request that was rejected.' })
export class RejectRegistrationPayload {
  @Field(() => RegistrationRequest, { description: 'The request.' })
  request: RegistrationRequest;
}
