import { mkdirSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { AgentFailure, causeOf, ExitCode } from './agent-failure';
import { agentStateSchema, EMPTY_STATE, type AgentState } from './agent-state';
import { UNFINISHED, writeAtomically } from './atomic-file';
import { lockFolder, type Release } from './state-lock';

/** An agent's state, locked for this process. */
export interface StateFolder {
  /** What was saved last; EMPTY_STATE in a new folder. */
  readonly state: AgentState;
  /** Durable when it returns. */
  save(state: AgentState): Promise<void>;
  release: Release;
}

/**
 * Opens the folder, making it when it is not there. Refused (AgentFailure): a folder that others can open, one that another agent
 * uses, a damaged state file.
 */
export async function openStateFolder(folder: string): Promise<StateFolder> {
  makeFolder(folder);
  checkFolder(folder);
  const release = await lockFolder(folder);
  try {
    removeUnfinished(folder);
    return openState(folder, release);
  } catch (error) {
    await release();
    throw error;
  }
}

function openState(folder: string, release: Release): StateFolder {
  const file = path.join(folder, 'state.json');
  let current = readState(file);
  return {
    get state() {
      return current;
    },
    async save(state) {
      await writeState(file, state);
      current = state;
    },
    release,
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(
      folder,
      `cannot be made (${causeOf(error)}): set state.dir to a place that this account can write to`,
    );
  }
}

/** A folder with a wrong mode is not tightened: state.dir may have been pointed at one that others need. */
function checkFolder(folder: string): void {
  const { uid, mode } = statSync(folder);
  const self = process.geteuid?.() ?? uid;
  if (uid !== self)
    throw unusable(folder, 'belongs to another account: run the agent as that account, or change its owner');
  if ((mode & 0o077) !== 0) throw unusable(folder, `can be opened by other accounts: chmod 700 ${folder}`);
}

function unusable(folder: string, fault: string): AgentFailure {
  return new AgentFailure(ExitCode.USAGE, `The state folder ${folder} ${fault}.`);
}

/** What a killed predecessor left half-written; it may hold a key. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) if (name.endsWith(UNFINISHED)) unlinkSync(path.join(folder, name));
}

function readState(file: string): AgentState {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (causeOf(error) === 'ENOENT') return EMPTY_STATE;
    throw new AgentFailure(
      ExitCode.FAILURE,
      `${file} cannot be read (${causeOf(error)}): make it readable for this account.`,
    );
  }
  const parsed = agentStateSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const message = `${file} is damaged: restore it from a backup, or move it away to begin anew with central.api_key or a new registration token.`;
  throw new AgentFailure(ExitCode.FAILURE, message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function writeState(file: string, state: AgentState): Promise<void> {
  try {
    await writeAtomically(file, `${JSON.stringify(state, null, 2)}\n`);
  } catch (error) {
    throw new AgentFailure(
      ExitCode.FAILURE,
      `${file} cannot be written (${causeOf(error)}): make room or allow it, and start again.`,
    );
  }
}
