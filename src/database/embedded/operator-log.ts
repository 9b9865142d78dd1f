/** Takes a line for the operator, by how much it matters. */
export interface OperatorLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
