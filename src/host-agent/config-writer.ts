import { readFile, realpath, stat } from 'node:fs/promises';
import { isMap, isScalar, parseDocument, type Document, type Node } from 'yaml';
import { writeAtomically, type Owner } from './atomic-file';

/**
 * Stores what registration gave in the configuration itself and clears the token; comments and everything else stay.
 * The file gets mode 0600 and keeps its owner; behind a symbolic link, the target is written. Throws what the file system throws.
 */
export async function writeCredentials(file: string, agentId: string, apiKey: string): Promise<void> {
  // Renaming onto the link would replace it and leave the real file with the spent token.
  const target = await realpath(file);
  const document = parseDocument(await readFile(target, 'utf8'));
  setText(document, 'agent', 'id', agentId);
  setText(document, 'central', 'api_key', apiKey);
  if (document.hasIn(['registration', 'token'])) setText(document, 'registration', 'token', '');
  // lineWidth 0: long values and comments are not folded.
  await writeAtomically(target, document.toString({ lineWidth: 0 }), await formerOwner(target));
}

function setText(document: Document, section: string, setting: string, value: string): void {
  const former = document.get(section, true);
  if (!isMap(former)) document.set(section, sectionInPlaceOf(document, former));
  document.setIn([section, setting], value);
}

/** `agent:` with nothing below it is a null, not a map, and carries the comments that follow. */
function sectionInPlaceOf(document: Document, former: unknown): Node {
  const section = document.createNode({});
  if (isScalar(former)) section.commentBefore = former.commentBefore ?? former.comment ?? null;
  return section;
}

/** Only root can give a file away, and only then would the rename change the owner. */
async function formerOwner(file: string): Promise<Owner | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  const { uid, gid } = await stat(file);
  return { uid, gid };
}
