import { ArgsType, Field, InputType, registerEnumType } from 'type-graphql';
import { connectionOf, OrderDirection, PageArgs } from '../connection/connection';
import type { List } from '../connection/list';
import { Service } from './service';
import { ServiceFilter, serviceCondition } from './service-filter';

export const ServiceConnection = connectionOf<Service>('Service', () => Service);

export enum ServiceOrderField {
  NAME = 'NAME',
  CREATED_AT = 'CREATED_AT',
  UPDATED_AT = 'UPDATED_AT',
}

registerEnumType(ServiceOrderField, {
  name: 'ServiceOrderField',
  description: 'What services can be sorted by.',
  valuesConfig: {
    NAME: { description: 'The name, regardless of case.' },
    CREATED_AT: { description: 'When it came on the roll.' },
    UPDATED_AT: { description: 'When its facts last changed. One that changes meanwhile may be met twice.' },
  },
});

@InputType({ description: 'How to sort services.' })
export class ServiceOrder {
  @Field(() => ServiceOrderField, { description: 'By what.' })
  field: ServiceOrderField;

  @Field(() => OrderDirection, { description: 'Which way.' })
  direction: OrderDirection;
}

@ArgsType()
export class ServicesArgs extends PageArgs {
  @Field(() => ServiceFilter, { nullable: true, description: 'Which services.' })
  filter?: ServiceFilter | null;

  @Field(() => ServiceOrder, { nullable: true, description: 'Sorted how: by name, unless said.' })
  orderBy?: ServiceOrder | null;
}

export const SERVICES: List<Service, ServiceFilter> = {
  table: 'service',
  sortValues: {
    NAME: { expression: 'lower(item.name) COLLATE "C"', type: 'text' },
    CREATED_AT: { expression: 'item.created_at', type: 'timestamptz' },
    UPDATED_AT: { expression: 'item.updated_at', type: 'timestamptz' },
  },
  defaultOrder: { field: ServiceOrderField.NAME, direction: OrderDirection.ASC },
  condition: serviceCondition,
  entity: Service,
};
