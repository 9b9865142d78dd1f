import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { RegisterNodeInput, RegisterPostgreSqlInput } from '../enrolment/register-agent.input';
import { RegistrationRequestState } from './registration-request';

@InputType({ description: 'An agent that asks to be registered with a key of its own making.' })
export class RequestRegistrationInput {
  @Field(() => String, {
    description:
      'The 12 characters of its key that name it. When they are taken, that is BAD_USER_INPUT here: the agent makes another key.',
  })
  keyPublicId: string;

  @Field(() => String, {
    description: 'The SHA-256 of the 43 characters of its key that prove it, as 64 lower-case hex digits.',
  })
  keySecretHash: string;

  @Field(() => RegisterNodeInput, { description: 'The node.' })
  node: RegisterNodeInput;

  @Field(() => String, { nullable: true, description: 'The version of the agent.' })
  agentVersion?: string | null;

  @Field(() => RegisterPostgreSqlInput, {
    nullable: true,
    description: 'When the host runs PostgreSQL: a service is recorded too.',
  })
  postgresql?: RegisterPostgreSqlInput | null;
}

// Scalars only: a public mutation opens no way into the graph.
@ObjectType({
  description: 'What became of a request. No secret is in it: once it is approved, the agent uses its own key.',
})
export class RequestRegistrationPayload {
  @Field(() => ID, { description: 'The id of the request.' })
  requestId: string;

  @Field(() => RegistrationRequestState, { description: 'What became of it.' })
  state: RegistrationRequestState;

  @Field(() => String, {
    description:
      'What the server drew for this request, 64 hex digits: with it the agent computes the pairing ID itself.',
  })
  nonce: string;

  @Field(() => String, { description: 'What the administrator compares, as the server computes it.' })
  pairingId: string;

  @Field(() => Int, { description: 'When to send the same again, in seconds.' })
  pollAfterSeconds: number;

  @Field(() => String, { nullable: true, description: 'What is in the way, and who can do what about it.' })
  message: string | null;

  @Field(() => ID, { nullable: true, description: 'The id of the host agent, once it is approved.' })
  agentId: string | null;

  @Field(() => ID, { nullable: true, description: 'The id of its node, once it is approved.' })
  nodeId: string | null;
}
