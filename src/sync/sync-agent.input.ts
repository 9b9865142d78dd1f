import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { AgentStatus, AgentType } from '../agent/agent-type';
import { Setting } from '../agent/setting';
import { DateTime } from '../scalars/date-time';
import { UUID } from '../scalars/uuid';

@InputType({ description: 'What a host agent says of an agent that it starts and stops.' })
export class SupervisedAgentStatusInput {
  @Field(() => ID, { description: 'Its id.' })
  agentId: string;

  @Field(() => AgentStatus, { description: 'STARTING, RUNNING, WAITING, STOPPING or DONE.' })
  status: AgentStatus;

  @Field(() => String, { nullable: true, description: 'Why it is not running; cut after 500 characters.' })
  reason?: string | null;

  @Field(() => Int, { nullable: true, description: 'Where it answers.' })
  listenPort?: number | null;

  @Field(() => String, { nullable: true, description: 'The version of the program.' })
  version?: string | null;
}

@InputType({ description: 'What a host agent says of itself at each sync.' })
export class SyncAgentInput {
  @Field(() => UUID, {
    description: 'Made afresh at every start of the agent: two hosts with one credential are told apart by it.',
  })
  bootId: string;

  @Field(() => UUID, {
    nullable: true,
    description: 'The bootId of the run before: with it a restarted agent takes over at once.',
  })
  previousBootId?: string | null;

  @Field(() => String, { nullable: true, description: 'The version of the agent.' })
  agentVersion?: string | null;

  @Field(() => Int, { nullable: true, description: 'The generation that the agent runs; omitted at its start.' })
  generation?: number | null;

  @Field(() => [SupervisedAgentStatusInput], {
    nullable: true,
    description:
      'What became of the agents that it runs; 500 at most. What is not its own, or no status of such an agent, is ignored.',
  })
  statuses?: SupervisedAgentStatusInput[] | null;
}

// Not the agent of the inventory: it leads nowhere.
@ObjectType({ description: 'An agent to start: its type and settings, never a command line.' })
export class DesiredAgent {
  @Field(() => ID, { description: 'Its id.' })
  agentId: string;

  @Field(() => AgentType, { description: 'What kind of agent it is.' })
  type: AgentType;

  @Field(() => [Setting], {
    description: 'What was said of its settings, by the names that they have in the inventory; lists as JSON.',
  })
  settings: Setting[];

  @Field(() => [Setting], {
    description:
      'Passwords and keys, by the names that they have in inputs: never to be logged, and never an argument.',
  })
  secrets: Setting[];

  @Field(() => String, {
    nullable: true,
    description: 'Why it is not told its secrets; null when it is told all of them.',
  })
  secretsWithheld: string | null;

  @Field(() => String, { nullable: true, description: 'Where what it observes is reached.' })
  address: string | null;

  @Field(() => Int, { nullable: true, description: 'The port there.' })
  port: number | null;

  @Field(() => String, { nullable: true, description: 'The socket there, in place of address and port.' })
  socket: string | null;

  @Field(() => String, { nullable: true, description: 'The database there.' })
  databaseName: string | null;
}

@ObjectType({ description: 'What the agent is told at each sync.' })
export class SyncAgentPayload {
  @Field(() => Int, { description: 'When to sync again. Spread by the server, with jitter, over the fleet.' })
  syncAfterSeconds: number;

  @Field(() => Int, { description: 'The generation of what it should run.' })
  generation: number;

  @Field(() => [DesiredAgent], {
    nullable: true,
    description: 'All that the agent should run; null when its generation is the current one.',
  })
  desired: DesiredAgent[] | null;

  @Field(() => DateTime, { description: 'The time by the clock of the database.' })
  serverTime: Date;
}
