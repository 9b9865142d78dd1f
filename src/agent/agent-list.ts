import { ArgsType, Field, InputType, registerEnumType } from 'type-graphql';
import { connectionOf, OrderDirection, PageArgs } from '../connection/connection';
import type { List } from '../connection/list';
import { Agent } from './agent';
import { AgentFilter, agentCondition, statusOfAgents } from './agent-filter';

export const AgentConnection = connectionOf<Agent>('Agent', () => Agent);

export enum AgentOrderField {
  TYPE = 'TYPE',
  CREATED_AT = 'CREATED_AT',
  UPDATED_AT = 'UPDATED_AT',
}

registerEnumType(AgentOrderField, {
  name: 'AgentOrderField',
  description: 'What agents can be sorted by.',
  valuesConfig: {
    TYPE: { description: 'The kind, by its name.' },
    CREATED_AT: { description: 'When it came on the roll.' },
    UPDATED_AT: { description: 'When its facts last changed. One that changes meanwhile may be met twice.' },
  },
});

@InputType({ description: 'How to sort agents.' })
export class AgentOrder {
  @Field(() => AgentOrderField, { description: 'By what.' })
  field: AgentOrderField;

  @Field(() => OrderDirection, { description: 'Which way.' })
  direction: OrderDirection;
}

@ArgsType()
export class AgentsArgs extends PageArgs {
  @Field(() => AgentFilter, { nullable: true, description: 'Which agents.' })
  filter?: AgentFilter | null;

  @Field(() => AgentOrder, { nullable: true, description: 'Sorted how: newest first, unless said.' })
  orderBy?: AgentOrder | null;
}

export const AGENTS: List<Agent, AgentFilter> = {
  table: 'agent',
  sortValues: {
    TYPE: { expression: 'item.type COLLATE "C"', type: 'text' },
    CREATED_AT: { expression: 'item.created_at', type: 'timestamptz' },
    UPDATED_AT: { expression: 'item.updated_at', type: 'timestamptz' },
  },
  defaultOrder: { field: AgentOrderField.CREATED_AT, direction: OrderDirection.DESC },
  condition: agentCondition,
  costly: statusOfAgents,
  entity: Agent,
};
