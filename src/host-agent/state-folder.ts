import { existsSync, lchownSync, mkdirSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { ExitCode } from '../exit-code';
import { AgentFailure, causeOf } from './agent-failure';
import { agentStateSchema, EMPTY_STATE, type AgentState } from './agent-state';
import { UNFINISHED, writeWhole, type Owner } from '../durable-file';
import { lockFolder, type Release } from './state-lock';

/** An agent's state, locked for this process. */
export interface StateFolder {
  /** What was saved last; EMPTY_STATE in a new folder. */
  readonly state: AgentState;
  /** Durable when it returns. */
  save(state: AgentState): Promise<void>;
  /** Puts what was saved last into a file of its own as well, which nobody overwrites with another key; gives its path. */
  keepCopy(): Promise<string>;
  release: Release;
}

/** Whose folder root makes: the owner of a configuration, and the folder in which that stands. */
export interface FolderOwner extends Owner {
  home: string;
}

const PRIVATE = { recursive: true, mode: 0o700 };

/**
 * Opens the folder, making it when it is not there. Refused (AgentFailure): a folder that others can open, one that another agent
 * uses, a damaged state file. As root, a new folder and what is in it get the owner, without whom the agent could not read its state later.
 */
export async function openStateFolder(folder: string, owner?: FolderOwner): Promise<StateFolder> {
  makeFolder(folder, owner);
  const fileOwner = checkFolder(folder, owner);
  const release = await lockFolder(folder);
  try {
    removeUnfinished(folder);
    return openState(folder, fileOwner, release);
  } catch (error) {
    await release();
    throw error;
  }
}

function openState(folder: string, owner: Owner | undefined, release: Release): StateFolder {
  const file = path.join(folder, 'state.json');
  let current = readState(file);
  return {
    get state() {
      return current;
    },
    async save(state) {
      await writeState(file, state, owner);
      current = state;
    },
    async keepCopy() {
      const copy = path.join(folder, `state-${current.firstKeyFingerprint?.slice(0, 12)}.json`);
      await writeState(copy, current, owner);
      return copy;
    },
    release,
  };
}

function makeFolder(folder: string, owner: FolderOwner | undefined): void {
  try {
    if (owner && !existsSync(folder)) makeFolderFor(owner, folder);
    else mkdirSync(folder, PRIVATE);
  } catch (error) {
    if (error instanceof AgentFailure) throw error;
    throw unusable(
      folder,
      `cannot be made (${causeOf(error)}): set state.dir to a place that this account can write to`,
    );
  }
}

/**
 * Made with the owner's own rights, lest a hostile state.dir give the owner a folder among root's. Where these do not suffice,
 * root makes it beside the configuration and hands it over, and nowhere else.
 */
function makeFolderFor({ uid, gid, home }: FolderOwner, folder: string): void {
  const [rootGroup, root] = [process.getegid!(), process.geteuid!()];
  try {
    process.setegid!(gid);
    process.seteuid!(uid);
    mkdirSync(folder, PRIVATE);
    return;
  } catch (error) {
    if (causeOf(error) !== 'EACCES') throw error;
  } finally {
    process.seteuid!(root);
    process.setegid!(rootGroup);
  }
  if (path.dirname(folder) !== home)
    throw unusable(folder, `is not there: make it for the agent’s account (install -d -m 700 -o ${uid} ${folder})`);
  mkdirSync(folder, PRIVATE);
  lchownSync(folder, uid, gid);
}

/**
 * Who is to own the files in the folder, when that is not this process anyway. A folder with a wrong mode is not tightened:
 * state.dir may have been pointed at one that others need.
 */
function checkFolder(folder: string, owner: Owner | undefined): Owner | undefined {
  const { uid, gid, mode } = statSync(folder);
  const self = process.geteuid?.() ?? uid;
  if (uid !== self && uid !== owner?.uid)
    throw unusable(folder, 'belongs to another account: run the agent as that account, or change its owner');
  if ((mode & 0o077) !== 0) throw unusable(folder, `can be opened by other accounts: chmod 700 ${folder}`);
  return uid === self ? undefined : { uid, gid };
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
  const message = `${file} is damaged: restore it from a backup, or move it away and enrol this agent anew.`;
  throw new AgentFailure(ExitCode.FAILURE, message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function writeState(file: string, state: AgentState, owner: Owner | undefined): Promise<void> {
  try {
    await writeWhole(file, `${JSON.stringify(state, null, 2)}\n`, owner);
  } catch (error) {
    throw new AgentFailure(
      ExitCode.FAILURE,
      `${file} cannot be written (${causeOf(error)}): make room or allow it, and start again.`,
    );
  }
}
