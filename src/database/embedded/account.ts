import { lstat, readFile } from 'node:fs/promises';
import { DataFolderError } from './data-folder-error';

/** Whom the processes of the cluster run as. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** The account of the cluster when this process is root, for PostgreSQL refuses to run as root; else null: this process's own. */
export async function clusterAccount(clusterFolder: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const owner = await lstat(clusterFolder).catch(() => null);
  return unprivilegedAccount(passwd, owner);
}

/**
 * The owner of the cluster that exists unless that is root, else `postgres`, else `nobody`.
 * `passwd` is the text of /etc/passwd (passwd(5)); the host's users are read, never edited.
 */
export function unprivilegedAccount(passwd: string, owner: { uid: number; gid: number } | null): Account {
  const accounts = passwd.split('\n').flatMap(parseAccount);
  if (owner && owner.uid !== 0) {
    const known = accounts.find(({ uid }) => uid === owner.uid);
    return known ?? { name: String(owner.uid), uid: owner.uid, gid: owner.gid };
  }
  for (const wanted of ['postgres', 'nobody']) {
    const account = accounts.find(({ name, uid }) => name === wanted && uid !== 0);
    if (account) return account;
  }
  throw new DataFolderError(
    'PostgreSQL does not run as root, and this machine has neither an account "postgres" nor "nobody": ' +
      'run Rollcall as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

/** How a process of the cluster is spawned: nothing of our environment, and a folder that every account may be in. */
export function spawnAs(account: Account | null) {
  const identity = account ? { uid: account.uid, gid: account.gid } : {};
  return { cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin' }, ...identity };
}

function parseAccount(line: string): Account[] {
  const [name, , uid, gid] = line.split(':');
  return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
}
