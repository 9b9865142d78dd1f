import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeCredentials } from '../../src/host-agent/config-writer';

const TEXT = `# The agent of db1
registration:
  token: "rct_t" # from Ann

agent:
  id: "" # set after registration
central:
  api_url: "http://127.0.0.1:8080"   # ours
  api_key: ""
server:
  tags: [postgres, prod]
  # a comment at the end of a section, and a rather long one, which a writer that folds its lines would have broken in two
`;

/** Blanks that carry no meaning: before comments and inside brackets. */
function squeezed(text: string): string {
  return text.replaceAll(/ +#/g, ' #').replaceAll(/\[ | \]/g, (bracket) => bracket.trim());
}

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rollcall-agent-'));
  file = path.join(folder, 'config.yml');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('sets id and key, clears the token, and leaves comments and all else', async () => {
  writeFileSync(file, TEXT);
  await writeCredentials(file, 'the-id', 'rca_k');
  const expected = TEXT.replace('"rct_t"', '""')
    .replace('id: ""', 'id: "the-id"')
    .replace('api_key: ""', 'api_key: "rca_k"');
  expect(squeezed(readFileSync(file, 'utf8'))).toBe(squeezed(expected));
});

test('makes what is missing and keeps the comment of an empty section', async () => {
  writeFileSync(file, 'agent:\n  # the id comes later\ncentral:\n  api_url: x\n');
  await writeCredentials(file, 'the-id', 'rca_k');
  expect(readFileSync(file, 'utf8')).toBe(
    'agent:\n  # the id comes later\n  id: the-id\ncentral:\n  api_url: x\n  api_key: rca_k\n',
  );
});

test('makes the file private, whatever it was, and leaves nothing beside it', async () => {
  writeFileSync(file, TEXT);
  chmodSync(file, 0o644);
  await writeCredentials(file, 'the-id', 'rca_k');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['config.yml']);
});

test('writes the target of a symbolic link and leaves the link', async () => {
  const target = path.join(folder, 'real.yml');
  writeFileSync(target, TEXT);
  symlinkSync('real.yml', file);
  await writeCredentials(file, 'the-id', 'rca_k');
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(target, 'utf8')).toContain('rca_k');
});

test('replaces the file as a whole: who has it open sees the former one to the end', async () => {
  writeFileSync(file, TEXT);
  const before = statSync(file).ino;
  await writeCredentials(file, 'the-id', 'rca_k');
  expect(statSync(file).ino).not.toBe(before);
});

test('keeps the owner and the group', async () => {
  writeFileSync(file, TEXT);
  // Only root can give a file away; for others this is the owner that it has anyway.
  const owner =
    process.geteuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : { uid: statSync(file).uid, gid: statSync(file).gid };
  chownSync(file, owner.uid, owner.gid);
  await writeCredentials(file, 'the-id', 'rca_k');
  expect(statSync(file)).toMatchObject(owner);
});
