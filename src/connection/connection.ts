// It brings reflect-metadata, which the decorators below must find.
import 'typeorm';
import { ArgsType, Field, Int, ObjectType, registerEnumType, type ClassType } from 'type-graphql';

@ObjectType({ description: 'Where a page lies in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more follows.' })
  hasNextPage: boolean;

  @Field(() => Boolean, { description: 'Whether something goes before.' })
  hasPreviousPage: boolean;

  @Field(() => String, { nullable: true, description: 'The cursor of the first edge; null on an empty page.' })
  startCursor: string | null;

  @Field(() => String, { nullable: true, description: 'The cursor of the last edge; null on an empty page.' })
  endCursor: string | null;
}

export enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}

registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Which way a list is sorted.',
  valuesConfig: { ASC: { description: 'Smallest first.' }, DESC: { description: 'Largest first.' } },
});

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'So many from the start, or after a cursor: 1 to 200, 50 unless said.',
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Go on after this cursor of the same list, order and filter.' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: 'So many from the end, or before a cursor: 1 to 200.' })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Go back from this cursor of the same list, order and filter.' })
  before?: string | null;
}

export interface Edge<T> {
  cursor: string;
  node: T;
}

/** A page of a list. What is not selected is not read: each part is a promise made when it is asked for. */
export interface Connection<T> {
  readonly edges: Promise<Edge<T>[]>;
  readonly nodes: Promise<T[]>;
  readonly pageInfo: Promise<PageInfo>;
  readonly totalCount: Promise<number>;
}

/** The object types `<name>Connection` and `<name>Edge` for pages of `of`. */
export function connectionOf<T extends object>(
  name: string,
  of: () => ClassType<T> | (abstract new () => T),
): ClassType<Connection<T>> {
  const node = () => of() as ClassType<T>;

  @ObjectType(`${name}Edge`, { description: 'An item of a page, with its cursor.' })
  class EdgeType {
    @Field(() => String, { description: 'Where the item lies in the list: opaque, for after and before.' })
    cursor: string;

    @Field(node, { description: 'The item.' })
    node: T;
  }

  @ObjectType(`${name}Connection`, { description: 'A page of a list.' })
  class ConnectionType {
    @Field(() => [EdgeType], { description: 'The items with their cursors.' })
    edges: unknown;

    @Field(() => [node()], { description: 'The items alone.' })
    nodes: unknown;

    @Field(() => PageInfo, { description: 'Where the page lies in the list.' })
    pageInfo: unknown;

    @Field(() => Int, { description: 'How many items the whole list has. Counted only when it is asked for.' })
    totalCount: unknown;
  }

  return ConnectionType as unknown as ClassType<Connection<T>>;
}
