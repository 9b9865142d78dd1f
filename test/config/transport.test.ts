import { ConfigError, loadConfig, localServerUrl } from '../../src/config';

function load(environment: Record<string, string>) {
  return loadConfig({ environment, systemFile: '/nonexistent' });
}

function faults(environment: Record<string, string>): string[] {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('the bounds of the settings of connections', () => {
  it.each([
    ['ROLLCALL_TIMEOUTS_HEADERS', '1s', '5m', '0s', '301s'],
    ['ROLLCALL_TIMEOUTS_BODY', '1s', '10m', '0s', '601s'],
    ['ROLLCALL_TIMEOUTS_REQUEST', '1s', '10m', '0s', '601s'],
    ['ROLLCALL_TIMEOUTS_IDLE', '1s', '1h', '0s', '3601s'],
    ['ROLLCALL_DATABASE_STATEMENT_TIMEOUT', '1s', '5m', '0s', '301s'],
    ['ROLLCALL_LIMITS_CONNECTIONS_PER_ADDRESS', '1', '1000000', '0', '1000001'],
  ])('of %s are %s and %s', (name, least, most, below, beyond) => {
    for (const good of [least, most]) expect(faults({ [name]: good })).toEqual([]);
    for (const bad of [below, beyond])
      expect(faults({ [name]: bad })).toEqual([expect.stringContaining(`environment ${name}: must be`)]);
  });
});

describe('cors.origins', () => {
  it.each(['https://a.example', 'http://localhost:3000', 'https://[2001:db8::1]:8443'])('may be %s', (origin) => {
    expect(load({ ROLLCALL_CORS_ORIGINS: origin }).cors.origins).toEqual([origin]);
  });

  it.each([
    '*',
    'null',
    'https://a.example/',
    'https://a.example:443',
    'HTTPS://a.example',
    'https://*.example',
    'a.example',
    'ftp://a',
    'https://u@a.example',
  ])('must be exact origins, as browsers send them: %j is a fault', (origin) => {
    expect(faults({ ROLLCALL_CORS_ORIGINS: origin })).toEqual([
      expect.stringMatching(/^environment ROLLCALL_CORS_ORIGINS: must be a list of origins/),
    ]);
  });
});

describe('tls', () => {
  it.each([
    ['ROLLCALL_TLS_CERT', 'tls.cert', 'tls.key'],
    ['ROLLCALL_TLS_KEY', 'tls.key', 'tls.cert'],
  ])('has both files or none: %s alone is a fault at its place', (name, given, missing) => {
    expect(faults({ [name]: '/a.pem' })).toEqual([
      `environment ${name}: ${given}: needs ${missing} beside it: set both, or none`,
    ]);
  });

  it('has versions that are still good', () => {
    const files = { ROLLCALL_TLS_CERT: '/a.pem', ROLLCALL_TLS_KEY: '/a.key' };
    expect(load(files).tls).toEqual({ certFile: '/a.pem', keyFile: '/a.key', minVersion: 'TLSv1.2' });
    expect(faults({ ...files, ROLLCALL_TLS_MIN_VERSION: 'TLSv1.1' })).toEqual([
      'environment ROLLCALL_TLS_MIN_VERSION: must be one of TLSv1.2, TLSv1.3',
    ]);
  });

  it('makes the URL of this machine’s server https', () => {
    const environment = { ROLLCALL_PORT: '8443', ROLLCALL_TLS_CERT: '/a.pem', ROLLCALL_TLS_KEY: '/a.key' };
    expect(localServerUrl({ environment, systemFile: '/nonexistent' })).toBe('https://127.0.0.1:8443');
  });
});
