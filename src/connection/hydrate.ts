import type { EntityManager, EntityMetadata, EntityTarget, ObjectLiteral } from 'typeorm';

type Row = Record<string, unknown>;

/** What to select of the row `item` of an entity's table for `hydrate`: its columns, and what is computed from them. */
export function selectionOf(db: EntityManager, entity: EntityTarget<ObjectLiteral>): string {
  const computed = db.connection
    .getMetadata(entity)
    .columns.filter(({ isVirtualProperty }) => isVirtualProperty)
    .map(({ query, databaseName }) => `(${query!('item')}) AS "${databaseName}"`);
  return ['item.*', ...computed].join(', ');
}

/** Makes of a row what TypeORM's own find makes of it: an object of the class that its type stands for. */
export function hydrate<Item extends ObjectLiteral>(db: EntityManager, entity: EntityTarget<Item>, row: Row): Item {
  const { driver } = db.connection;
  const metadata = metadataOf(db.connection.getMetadata(entity), row);
  const item = metadata.create() as Item;
  for (const column of metadata.columns)
    if (column.isSelect) column.setEntityValue(item, driver.prepareHydratedValue(row[column.databaseName], column));
  return item;
}

/** That of the child entity, where there are some. */
function metadataOf(metadata: EntityMetadata, row: Row): EntityMetadata {
  const column = metadata.discriminatorColumn?.databaseName;
  if (column === undefined) return metadata;
  return metadata.childEntityMetadatas.find(({ discriminatorValue }) => discriminatorValue === row[column]) ?? metadata;
}
