import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { FieldChange } from '../audit/audit-event';
import { LabelInput } from '../label/label';
import { DateTime } from '../scalars/date-time';
import { Agent } from './agent';
import { AGENT_KINDS, type AgentKindName } from './agent-kinds';
import { PURPOSES } from './agent-type';
import { inputByKind, settingsInputOf, type GivenSettings } from './kind-inputs';

export const AgentSettings = inputByKind(
  'AgentSettings',
  'Settings of an agent, by its kind. Of another kind than the agent is, they are refused.',
  Object.fromEntries(
    Object.entries(AGENT_KINDS).map(([name, kind]) => [name, [settingsInputOf(kind), PURPOSES[kind.type]]]),
  ),
);

export type AgentSettings = { [Name in AgentKindName]?: GivenSettings | null };

@InputType({ description: 'What to change of an agent: what is absent stays, null clears, a value sets.' })
export class UpdateAgentInput {
  @Field(() => ID, { description: 'Which agent.' })
  id: string;

  @Field(() => Boolean, { nullable: true, description: 'Whether it is meant not to run; host agents are not told so.' })
  disabled?: boolean | null;

  @Field(() => [LabelInput], { nullable: true, description: 'All of its labels; 64 at most.' })
  labels?: LabelInput[] | null;

  @Field(() => AgentSettings, {
    nullable: true,
    description:
      'What it is told. A change of what protects a stored secret on its way clears the secrets that are not given anew, unless an ADMIN makes it.',
  })
  settings?: AgentSettings | null;

  @Field(() => DateTime, { nullable: true, description: 'Refused with CONFLICT when the agent changed since.' })
  expectedUpdatedAt?: Date | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Answer what would be, and change nothing.' })
  dryRun: boolean;
}

@ObjectType({ description: 'The agent as it is now, or would be.' })
export class UpdateAgentPayload {
  @Field(() => Agent, { description: 'The agent.' })
  agent: Agent;

  @Field(() => [FieldChange], { description: 'What changed of it. Of a secret it is told that it was set or cleared.' })
  changes: FieldChange[];
}
