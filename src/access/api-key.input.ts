import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Duration } from '../scalars/duration';
import { UUID } from '../scalars/uuid';
import { ApiKey } from './api-key';
import { Role } from './role';

@InputType({
  description:
    'A key to issue. Role VIEWER, EDITOR or ADMIN. Without a ttl, 90d unless the server is set otherwise; a key that never expires is asked for in so many words, and then without a ttl.',
})
export class IssueApiKeyInput {
  @Field(() => String, {
    description:
      'What it is for, in words; 100 characters at most. No other live key of a person or script may have it.',
  })
  name: string;

  @Field(() => Role, { description: 'What it may do. Agents get their keys by enrolling.' })
  role: Role;

  @Field(() => Duration, {
    nullable: true,
    description: 'How long it is good: 90d unless the server is set otherwise.',
  })
  ttl?: number | null;

  @Field(() => Boolean, { defaultValue: false, description: 'It has no end.' })
  neverExpires: boolean;
}

@ObjectType({ description: 'The key that was issued, with its secret.' })
export class IssueApiKeyPayload {
  @Field(() => ApiKey, { description: 'The key.' })
  apiKey: ApiKey;

  @Field(() => String, { description: 'The key itself. It is in this answer and nowhere else, ever.' })
  secret: string;
}

@InputType({
  description:
    'A key to replace by a new one. The former key works on for the grace time; one that rotates itself, until its successor is first used, 24 h at most.',
})
export class RotateApiKeyInput {
  @Field(() => ID, { description: 'Its id.' })
  id: string;

  @Field(() => Duration, {
    defaultValue: 0,
    description: 'How long the former key works on: 30d at most. Without effect when a key rotates itself.',
  })
  grace: number;

  @Field(() => UUID, {
    nullable: true,
    description:
      'Made by the caller and kept until it is answered: the same key with the same id may ask again until the new key was used; same successor, a new secret.',
  })
  rotationId?: string | null;
}

@ObjectType({ description: 'The successor of the key that was rotated, with its secret.' })
export class RotateApiKeyPayload {
  @Field(() => ApiKey, { description: 'The new key.' })
  apiKey: ApiKey;

  @Field(() => String, { description: 'The new key itself. It is in this answer and nowhere else, ever.' })
  secret: string;
}

@InputType({ description: 'A key to revoke.' })
export class RevokeApiKeyInput {
  @Field(() => ID, { description: 'Its id.' })
  id: string;
}

@ObjectType({ description: 'The key that was revoked.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { description: 'The key.' })
  apiKey: ApiKey;
}
