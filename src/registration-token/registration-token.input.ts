import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { LabelInput } from '../label/label';
import { Duration } from '../scalars/duration';
import { RegistrationToken } from './registration-token';

@InputType({ description: 'A token to issue.' })
export class IssueRegistrationTokenInput {
  @Field(() => String, { nullable: true, description: 'What it is for, in words; 500 characters at most.' })
  description?: string | null;

  @Field(() => Duration, { nullable: true, description: '1h unless the server is set otherwise; 1s to 30d.' })
  ttl?: number | null;

  @Field(() => Int, { defaultValue: 1, description: 'How many agents it may enrol: 1 to 10,000.' })
  maxUses: number;

  @Field(() => String, { nullable: true, description: 'Exact name, or a pattern with *, that the node must have.' })
  nodeName?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The token enrols exactly this node, once: the agent must send its name. Node id, host agent id, services and history stay, its former keys end; a node without a host agent gets one. Without nodeName, and with one use.',
  })
  replacesNodeId?: string | null;

  @Field(() => String, { nullable: true, description: 'The region of the node, whatever the agent says.' })
  region?: string | null;

  @Field(() => String, { nullable: true, description: 'The environment of the node, whatever the agent says.' })
  environment?: string | null;

  @Field(() => [String], { nullable: true, description: 'Tags that the node gets, beside those that the agent gives.' })
  tags?: string[] | null;

  @Field(() => [LabelInput], {
    nullable: true,
    description: "Labels that the node gets; of one name, the token's value counts.",
  })
  labels?: LabelInput[] | null;
}

@ObjectType({ description: 'The token that was issued, with its secret.' })
export class IssueRegistrationTokenPayload {
  @Field(() => RegistrationToken, { description: 'The token.' })
  token: RegistrationToken;

  @Field(() => String, { description: 'The secret. It is in this answer and nowhere else, ever.' })
  secret: string;
}

@InputType({ description: 'A token to revoke.' })
export class RevokeRegistrationTokenInput {
  @Field(() => ID, { description: 'Its id.' })
  id: string;
}

@ObjectType({ description: 'The token that was revoked.' })
export class RevokeRegistrationTokenPayload {
  @Field(() => RegistrationToken, { description: 'The token.' })
  token: RegistrationToken;
}
