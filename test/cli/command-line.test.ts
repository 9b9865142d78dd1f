import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsReference } from '../../src/config';
import { rollcall, temporaryFolder } from './rollcall-process';

const folder = temporaryFolder();

describe('the command line', () => {
  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
    await expect(rollcall(folder, ['--version'])).resolves.toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('shows its help on stdout when asked', async () => {
    const { code, stdout, stderr } = await rollcall(folder, ['token', 'issue', '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('--secret-only');
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['tokens']],
    ['an unknown option', ['token', 'list', '--all']],
    ['an argument too many', ['node', 'list', 'db-1']],
    ['a missing argument', ['node', 'show']],
    ['a missing option', ['agent']],
    ['an unknown format', ['token', 'list', '-o', 'xml']],
    ['an unknown status', ['token', 'list', '--status', 'active,lost']],
    ['a limit of none', ['node', 'list', '--limit', '0']],
    ['a ttl without a unit', ['token', 'issue', '--ttl', '90']],
    ['a label without a value', ['token', 'issue', '--label', 'tier']],
    ['a key without a name', ['key', 'issue', '--role', 'viewer']],
    ['a key without a role', ['key', 'issue', '--name', 'x']],
    ['a key for an agent', ['key', 'issue', '--name', 'x', '--role', 'agent']],
    ['an end and none', ['key', 'issue', '--name', 'x', '--role', 'viewer', '--ttl', '1d', '--never-expires']],
    ['a grace without a unit', ['key', 'rotate', 'x', '--grace', '1']],
    ['a timeout of none', ['token', 'list', '--timeout', '0s']],
    ['a window without a unit', ['registry', 'unlock', '--for', '5']],
    ['a window that is not named', ['registry', 'unlock', '5m']],
    ['an unknown state', ['request', 'list', '--state', 'open']],
    ['no request to reject', ['request', 'reject']],
    ['no pairing ID and no terminal', ['request', 'approve', '01900000-0000-7000-8000-000000000000']],
    ['no request to approve and no terminal', ['request', 'approve']],
    ['a pairing ID in place of an id', ['request', 'approve', 'K7QF-2M9X', '--pairing-id', 'K7QF-2M9X']],
    ['a grant without a value', ['request', 'approve', '--pairing-id', 'K7QF-2M9X', '--label', 'tier']],
    ['--write without --register', ['agent', '--config', 'config.yml', '--write']],
    ['a URL that is none', ['token', 'list', '--url', 'rollcall.example']],
  ])('ends with 2 and says why on stderr: %s', async (_, words) => {
    const { code, stdout, stderr } = await rollcall(folder, words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  it('offers no option for a key, and does not repeat one', async () => {
    const key = `rcu_0123456789ab_${'x'.repeat(43)}ffffff`;
    const { code, stderr } = await rollcall(folder, ['token', 'list', `--key=${key}`]);
    expect(code).toBe(2);
    expect(stderr).toContain('unknown option');
    expect(stderr).not.toContain('xxxx');
  });

  it('ends with 4 when there is no key, and tells programs so in JSON', async () => {
    const { code, stdout, stderr } = await rollcall(folder, ['token', 'list', '-o', 'json']);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'NO_KEY', retryable: false } });
  });
});

describe('rollcall config', () => {
  it('check shows what holds and where it comes from, without the password', async () => {
    const file = join(folder, 'server.yaml');
    writeFileSync(file, 'database:\n  pool_size: 3\n');
    const words = ['config', 'check', '--config', file, '--base-path', '/pmp'];
    const { code, stdout, stderr } = await rollcall(folder, words, { DATABASE_URL: 'postgres://roll:hunter2@db/roll' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^The settings are good\.\n\nSETTING/);
    expect(stdout).toMatch(/^base_path +\/pmp +--base-path$/m);
    expect(stdout).toMatch(/^database\.pool_size +3 +\S+server\.yaml:2$/m);
    expect(stdout).toMatch(/^database\.url +postgres:\/\/roll:\*\*\*@db\/roll +environment DATABASE_URL$/m);
    expect(stdout).toMatch(/^port +8080 +default$/m);
  });

  it.each([['config', 'check'], ['serve'], ['admin-key', 'reset']])(
    '%s tells all faults and ends with 2',
    async (...words) => {
      const { code, stdout, stderr } = await rollcall(folder, [...words, '--port', '70000'], {
        ROLLCALL_LOG_LEVEL: 'loud',
      });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^--port: must be a whole number from 0 to 65535$/m);
      expect(stderr).toMatch(/^environment ROLLCALL_LOG_LEVEL: must be one of/m);
    },
  );

  it('reference prints every setting', async () => {
    await expect(rollcall(folder, ['config', 'reference'])).resolves.toEqual({
      code: 0,
      stdout: settingsReference(),
      stderr: '',
    });
  });
});
