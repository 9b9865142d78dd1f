import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { FIRST_OPERATIONS } from '../../src/console/examples';

const ROOT = path.join(__dirname, '../..');

/** A GraphQL document that we show to users or send ourselves. */
export interface Example {
  /** Where it stands. */
  file: string;
  text: string;
}

/** All documents of the README, the docs, the playground, the command line and the host agent. */
export function exampleDocuments(): Example[] {
  const pages = ['README.md', ...filesBelow('docs', '.md')].flatMap((file) => documentsOfPage(file));
  const programs = [...filesBelow('src/cli', '.ts'), ...filesBelow('src/host-agent', '.ts')].flatMap((file) =>
    documentsOfProgram(file),
  );
  return [...pages, ...programs, { file: 'src/console/examples.ts', text: FIRST_OPERATIONS }];
}

/** Blocks of GraphQL, and what curl sends. */
function documentsOfPage(file: string): Example[] {
  const page = read(file);
  const blocks = [...page.matchAll(/^```graphql\n([^]*?)^```/gm)].map(([, block]) => block!);
  const sent = [...page.matchAll(/"query":("(?:[^"\\]|\\.)*")/g)].map(([, json]) => JSON.parse(json!) as string);
  return [...blocks, ...sent].map((text) => ({ file, text }));
}

/** Constants that hold an operation, with the constants that stand in them. */
function documentsOfProgram(file: string): Example[] {
  const source = read(file);
  const constants = new Map(
    [...source.matchAll(/^const (\w+) = (?:'([^'\n]*)'|`([^`]*)`);/gm)].map(([, name, plain, template]) => [
      name!,
      (plain ?? template)!,
    ]),
  );
  const written = (text: string): string =>
    text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => written(constants.get(name)!));
  const texts = [...constants.values()].filter((text) => OPERATION.test(text)).map(written);
  const openings = source.match(/['`](?:query|mutation)\b[\s\w]*[({]/g) ?? [];
  if (openings.length !== texts.length) throw new Error(`${file} holds an operation in a form that is not found.`);
  return texts.map((text) => ({ file, text }));
}

const OPERATION = /^(?:query|mutation)\b[\s\w]*[({]/;

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => path.posix.join(folder, file.split(path.sep).join('/')));
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}
