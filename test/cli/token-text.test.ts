import { parse } from 'yaml';
import type { RegistrationToken } from '../../src/cli/registration-token';
import type { ServerTrust } from '../../src/cli/server-trust';
import { issuedTokenText } from '../../src/cli/token-text';

const secret = `rct_0123456789ab_${'x'.repeat(43)}ffffff`;

function aToken(overrides: Partial<RegistrationToken> = {}): RegistrationToken {
  return {
    id: '01890000-0000-7000-8000-000000000001',
    publicId: '0123456789ab',
    description: null,
    status: 'ACTIVE',
    maxUses: 1,
    uses: 0,
    nodeName: null,
    replaces: null,
    region: null,
    environment: null,
    tags: [],
    labels: [],
    createdBy: { name: 'admin', keyPublicId: 'ba9876543210' },
    createdAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-01T01:00:00.000Z',
    lastUsedAt: null,
    revokedAt: null,
    ...overrides,
  };
}

function text(
  overrides: Partial<RegistrationToken> = {},
  url = 'https://rollcall.example/pmp',
  trust: ServerTrust = { kind: 'known' },
): string {
  return issuedTokenText({ token: aToken(overrides), secret }, url, trust);
}

describe('what is told of a token just issued', () => {
  it('holds the config file and the command that the host needs', () => {
    const snippet = text().split('let config.yml hold')[1]?.split('and run')[0] ?? '';
    expect(parse(snippet)).toEqual({
      registration: { token: secret },
      central: { api_url: 'https://rollcall.example/pmp' },
    });
    expect(text()).toMatch(/^ {2}rollcall agent --config config\.yml --register$/m);
  });

  it('holds the secret in a line of its own', () => {
    expect(
      text()
        .split('\n')
        .map((line) => line.trim()),
    ).toContain(secret);
  });

  it.each<[Partial<RegistrationToken>, string]>([
    [{}, 'It enrols one agent, once, until 2026-01-01T01:00:00.000Z'],
    [{ nodeName: 'db-1' }, 'It enrols one agent whose node is named db-1, once, until'],
    [{ maxUses: 5, nodeName: 'db-*' }, 'It enrols up to 5 agents whose node is named db-*, until'],
    [{ replaces: { id: 'x', name: 'db-1' } }, 'It enrols the node db-1 afresh, once, until'],
  ])('says what it is good for: %j', (overrides, sentence) => {
    expect(text(overrides)).toContain(sentence);
  });

  it('warns that other hosts cannot reach an address of this machine', () => {
    expect(text({}, 'http://127.0.0.1:8080')).toContain('127.0.0.1:8080 is this machine');
    expect(text()).not.toContain('is this machine');
  });

  it('pins the CA that the server shows, where the host does not know it', () => {
    const pinned = text({}, undefined, { kind: 'pin', pin: `sha256:${'ab'.repeat(32)}` });
    const snippet = pinned.split('let config.yml hold')[1]?.split('and run')[0] ?? '';
    expect(parse(snippet)).toMatchObject({ central: { ca_pin: `sha256:${'ab'.repeat(32)}` } });
  });

  it('says how the host comes to know a CA that the server does not show', () => {
    expect(text({}, undefined, { kind: 'file' })).toMatch(/name it in\s+central\.ca_file, or append it/);
    expect(text()).not.toContain('ca_file');
  });

  it('shows a description without what a terminal would obey', () => {
    expect(text({ description: 'for\u001b[2J db' })).toContain('Registration token 0123456789ab (for[2J db)');
  });
});
