import type { EntityManager } from 'typeorm';
import { ServiceType } from './service-type';

/** Which kinds of services there are: one look into the index for each kind, however many services there are. */
export async function serviceTypesInUse(db: EntityManager): Promise<ServiceType[]> {
  const rows = await db.query<{ type: ServiceType }[]>(
    `SELECT kind.type FROM unnest($1::text[]) WITH ORDINALITY AS kind (type, position)
     WHERE EXISTS (SELECT FROM service WHERE service.type = kind.type) ORDER BY kind.position`,
    [Object.values(ServiceType)],
  );
  return rows.map(({ type }) => type);
}
