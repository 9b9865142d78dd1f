/** The values of a statement in the making: what is added gets its placeholder. */
export class Parameters {
  readonly values: unknown[];

  /** Goes on where `others` ended, without changing them. */
  constructor(others?: Parameters) {
    this.values = [...(others?.values ?? [])];
  }

  /** The placeholder of a value, such as `$3`. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}
