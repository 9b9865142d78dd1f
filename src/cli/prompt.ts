import { createInterface } from 'node:readline';

/** Whether somebody is there to read a question and answer it. */
export function isOnTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks on stderr, so that stdout stays for the answer of the command, and gives the line that is typed; null when the input ends.
 * The terminal itself edits the line, and Ctrl-C ends the process as it always does.
 */
export function askOnTerminal(question: string): Promise<string | null> {
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, terminal: false });
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line.trim());
      lines.close();
    });
    lines.once('close', () => resolve(null));
  });
}
