import { ArgsType, Field, InputType, registerEnumType } from 'type-graphql';
import { connectionOf, OrderDirection, PageArgs } from '../connection/connection';
import type { List } from '../connection/list';
import { Node } from './node';
import { NodeFilter, nodeCondition, statusOfNodes } from './node-filter';

export const NodeConnection = connectionOf<Node>('Node', () => Node);

export enum NodeOrderField {
  NAME = 'NAME',
  CREATED_AT = 'CREATED_AT',
  UPDATED_AT = 'UPDATED_AT',
}

registerEnumType(NodeOrderField, {
  name: 'NodeOrderField',
  description: 'What nodes can be sorted by.',
  valuesConfig: {
    NAME: { description: 'The name, regardless of case.' },
    CREATED_AT: { description: 'When it came on the roll.' },
    UPDATED_AT: { description: 'When its facts last changed. One that changes meanwhile may be met twice.' },
  },
});

@InputType({ description: 'How to sort nodes.' })
export class NodeOrder {
  @Field(() => NodeOrderField, { description: 'By what.' })
  field: NodeOrderField;

  @Field(() => OrderDirection, { description: 'Which way.' })
  direction: OrderDirection;
}

@ArgsType()
export class NodesArgs extends PageArgs {
  @Field(() => NodeFilter, { nullable: true, description: 'Which nodes.' })
  filter?: NodeFilter | null;

  @Field(() => NodeOrder, { nullable: true, description: 'Sorted how: by name, unless said.' })
  orderBy?: NodeOrder | null;
}

export const NODES: List<Node, NodeFilter> = {
  table: 'node',
  sortValues: {
    NAME: { expression: 'lower(item.name) COLLATE "C"', type: 'text' },
    CREATED_AT: { expression: 'item.created_at', type: 'timestamptz' },
    UPDATED_AT: { expression: 'item.updated_at', type: 'timestamptz' },
  },
  defaultOrder: { field: NodeOrderField.NAME, direction: OrderDirection.ASC },
  condition: nodeCondition,
  costly: statusOfNodes,
  entity: Node,
};
