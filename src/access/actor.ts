import { Field, ObjectType } from 'type-graphql';
import type { Role } from './role';

/** Who is calling: the API key that was presented, as the database knew it at this request. */
export interface Caller {
  keyId: string;
  publicId: string;
  name: string;
  role: Role;
  /** The host agent that an agent's key belongs to. */
  agentId: string | null;
  /** Which enrolment of that agent it was when the key was looked up; raised when the agent is enrolled afresh. */
  enrolment: number | null;
}

@ObjectType({ description: 'Who acted.' })
export class Actor {
  @Field(() => String, { description: 'The name that the key, or the part of the server, had at that time.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'The public id of the key that was used; null when no key was.' })
  keyPublicId: string | null;

  static of(name: string, keyPublicId: string | null): Actor {
    return Object.assign(new Actor(), { name, keyPublicId });
  }
}
