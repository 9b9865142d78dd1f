import { Client } from 'pg';

/**
 * A connection that is closed when it does not answer a query in time. pg gives up the query alone and keeps the
 * connection: one whose other end has lost its power would hold up, and fail, query after query until TCP gives up.
 */
export class ImpatientClient extends Client {
  override query: Client['query'] = (...parts: unknown[]): never => {
    const result = (super.query as (...parts: unknown[]) => Promise<unknown> | undefined)(...parts);
    result?.catch?.(({ message }: Error) => {
      if (message === 'Query read timeout') this.end().catch(() => undefined);
    });
    return result as never;
  };
}
