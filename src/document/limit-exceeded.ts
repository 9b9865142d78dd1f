import { DomainError } from '../errors';

/** Something that was asked is beyond a bound. */
export interface Excess {
  /** The setting that says the bound, or what else it is of. */
  limit: string;
  bound: number;
  measure: number;
}

/** A request that is refused before any work is done on it, because it asks for more than a bound allows. */
export class LimitExceeded extends DomainError {
  constructor({ limit, bound, measure }: Excess, message: string) {
    super('LIMIT_EXCEEDED', message, { limit, bound, measure });
  }
}
