import type { ExitCode } from '../exit-code';

/** Ends the agent: the message is for people (what is wrong and what to do, never a secret), the code for scripts. */
export class AgentFailure extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
    this.name = 'AgentFailure';
  }
}

/** What a foreign error says, in a few words: its code when it has one, else its message. */
export function causeOf(error: unknown): string {
  const parts = errorParts(error);
  return typeof parts?.code === 'string' ? parts.code : (parts?.message ?? 'unknown cause');
}

/** The message, or else the code, of a foreign error. Not by instanceof: an error of another realm is none then. */
export function messageOf(error: unknown): string {
  return errorParts(error)?.message || causeOf(error);
}

function errorParts(error: unknown): { code?: unknown; message?: string } | null {
  return typeof error === 'object' ? error : null;
}
