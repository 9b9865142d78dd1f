import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EMPTY_STATE } from '../../src/host-agent/agent-state';
import { openStateFolder } from '../../src/host-agent/state-folder';

const ACCOUNT = { uid: 65_534, gid: 65_534 };

/** Only root can write for another account. */
const describeAsRoot = process.geteuid?.() === 0 ? describe : describe.skip;

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rollcall-state-'));
  chmodSync(home, 0o755);
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Opens the folder as root for the account whose configuration stands in `home`, saves, and lets it go. */
async function saveFor(folder: string): Promise<void> {
  const opened = await openStateFolder(folder, { ...ACCOUNT, home });
  await opened.save({ ...EMPTY_STATE, key: 'k' });
  await opened.release();
}

describeAsRoot('as root', () => {
  test.each([
    ['root’s folder', 'config.state', 0],
    ['the account’s folder', 'config.state', ACCOUNT.uid],
    ['a folder that is made with it', 'a/b/config.state', ACCOUNT.uid],
  ])('a new state folder in %s belongs to the account of the configuration, with its files', async (_, name, uid) => {
    chownSync(home, uid, uid);
    const folder = path.join(home, name);
    await saveFor(folder);
    // A second run of root finds what is the account's already.
    await saveFor(folder);
    expect(statSync(folder)).toMatchObject(ACCOUNT);
    expect(statSync(path.join(home, name.split('/')[0]!))).toMatchObject(ACCOUNT);
    expect(statSync(path.join(folder, 'state.json'))).toMatchObject(ACCOUNT);
    expect(process.geteuid!()).toBe(0);
  });

  test('no folder is made for an account where it could not make one itself, but beside its configuration', async () => {
    const elsewhere = path.join(home, 'service.d');
    mkdirSync(elsewhere, { mode: 0o755 });
    await expect(saveFor(path.join(elsewhere, 'x'))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('install -d -m 700'),
    });
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('the lock of root can be asked by the account, to which it would seem in use for ever once root was killed', async () => {
    const folder = path.join(home, 'config.state');
    const opened = await openStateFolder(folder, { ...ACCOUNT, home });
    const [socket] = readdirSync(folder).filter((name) => name.startsWith('lock.'));
    expect(lstatSync(path.join(folder, socket!)).mode & 0o777).toBe(0o777);
    await opened.release();
  });
});
