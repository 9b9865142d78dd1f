import { statSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { isMap, isScalar, parseDocument, type Document, type Node } from 'yaml';
import { writeWhole, type Owner } from '../durable-file';

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
  await writeWhole(target, document.toString({ lineWidth: 0 }), ownerOf(target));
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

/** Who owns the file and is to own what is written for it; only root can give files away. Throws what the file system throws. */
export function ownerOf(file: string): Owner | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const { uid, gid } = statSync(file);
  return { uid, gid };
}
