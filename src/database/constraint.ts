import { QueryFailedError } from 'typeorm';

/** NUL in text, NUL in JSON, and instants that there are not. */
const UNSTORABLE = new Set(['22021', '22P05', '22007', '22008']);

/** Whether PostgreSQL refused a change because of this constraint or unique index. */
export function violates(error: unknown, constraint: string): boolean {
  return driverFact(error, 'constraint') === constraint;
}

/** Whether PostgreSQL refused a value that it cannot hold, such as text with NUL. */
export function isUnstorable(error: unknown): boolean {
  return UNSTORABLE.has(driverFact(error, 'code') ?? '');
}

/** Whether a row was locked by another transaction and the statement would not wait. */
export function isLocked(error: unknown): boolean {
  return driverFact(error, 'code') === '55P03';
}

/** Whether PostgreSQL ended the transaction because it and others waited for each other. */
export function isDeadlock(error: unknown): boolean {
  return driverFact(error, 'code') === '40P01';
}

/** Whether the role may not do this, or finds no schema that it may use. */
export function lacksRight(error: unknown): boolean {
  return ['42501', '3F000'].includes(driverFact(error, 'code') ?? '');
}

function driverFact(error: unknown, name: 'constraint' | 'code'): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  return (error.driverError as { constraint?: string; code?: string })[name];
}
