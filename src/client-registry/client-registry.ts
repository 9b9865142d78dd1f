import { Check, Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import { ObjectType, registerEnumType } from 'type-graphql';

export enum ClientRegistryState {
  LOCKED = 'LOCKED',
  OPEN = 'OPEN',
}

registerEnumType(ClientRegistryState, {
  name: 'ClientRegistryState',
  description: 'Whether agents may ask to be registered.',
  valuesConfig: {
    LOCKED: { description: 'New requests are refused. Those that were made before can still be decided.' },
    OPEN: { description: 'Agents may ask. Nothing is approved by that.' },
  },
});

/** One row. Whether it is open is judged by the database's clock when somebody asks: no timer has to lock it. */
@Entity('client_registry')
@Check('client_registry_one_row_check', 'id')
@ObjectType({ description: 'Where agents that have no token ask to be registered. Locked, but for a while at a time.' })
export class ClientRegistry {
  @PrimaryColumn('boolean', { primaryKeyConstraintName: 'client_registry_pkey', default: true })
  id: boolean;

  @Column({ type: 'timestamptz', precision: 3, name: 'open_until', nullable: true })
  openUntil: Date | null;

  @Column('text', { name: 'opened_by_name', nullable: true })
  openedByName: string | null;

  @Column('text', { name: 'opened_by_key_public_id', nullable: true })
  openedByKeyPublicId: string | null;

  @VirtualColumn({ type: 'boolean', query: (registry) => isUnlockedSql(registry) })
  readonly isUnlocked: boolean;
}

/** Whether an administrator has unlocked it for now, in SQL, for the row `registry`. */
export function isUnlockedSql(registry: string): string {
  return `coalesce(${registry}.open_until > clock_timestamp(), false)`;
}
