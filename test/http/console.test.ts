import Fastify, { type FastifyInstance } from 'fastify';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { consoleRoutes, type ConsoleOptions } from '../../src/http/console';

const PAGE = '<!doctype html><title>Rollcall</title>';
const SCRIPT = 'export const rolled = "called";';
const BROWSER = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' };

let folder: string;
let app: FastifyInstance;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-console-'));
});

afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

describe('the page', () => {
  test('is served at /graphql below the prefix, never from a cache without asking', async () => {
    await start({ consoleDir: builtConsole() }, '/fleet');
    const answer = await app.inject({ url: '/fleet/graphql', headers: BROWSER });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'accept' });
    expect(answer.body).toBe(PAGE);
    expect((await app.inject({ url: '/graphql', headers: BROWSER })).statusCode).toBe(404);
  });

  test('may load nothing from elsewhere, run no inline script and stand in no frame', async () => {
    await start({ consoleDir: builtConsole() });
    const { headers } = await app.inject({ url: '/graphql', headers: BROWSER });
    const policy = directivesOf(headers['content-security-policy']);
    expect(policy['default-src']).toBe("'none'");
    expect(policy['script-src']).toBe("'self'");
    expect(policy['worker-src']).toBe("'self'");
    expect(policy['connect-src']).toBe("'self'");
    expect(policy['frame-ancestors']).toBe("'none'");
    expect(Object.values(policy).join(' ')).not.toMatch(/unsafe-eval|https?:|\*|blob:/);
  });

  test('is refused with the remedy when it was not built', async () => {
    await start({ consoleDir: join(folder, 'absent') });
    const answer = await app.inject({ url: '/graphql', headers: BROWSER });
    expect(answer.statusCode).toBe(503);
    expect(answer.body).toMatch(/^The playground is not built: run "npm run build"[^\n]*\n$/);
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('the assets', () => {
  test('are kept by browsers for good, since their names change with their content', async () => {
    await start({ consoleDir: builtConsole() }, '/fleet');
    const answer = await app.inject('/fleet/assets/main-1a2b.js');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toMatch(/^(text|application)\/javascript/);
    expect(directivesOf(answer.headers['content-security-policy'])['worker-src']).toBe("'self'");
    expect(answer.body).toBe(SCRIPT);
  });

  test('come compressed to whoever takes them so', async () => {
    await start({ consoleDir: builtConsole() });
    const answer = await app.inject({ url: '/assets/main-1a2b.js', headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(answer.headers['content-type']).toMatch(/^(text|application)\/javascript/);
    expect(answer.rawPayload.equals(gzipSync(SCRIPT))).toBe(true);
  });

  test.each([
    '/assets/absent.js',
    '/assets/',
    '/assets/../index.html',
    '/assets/%2e%2e/index.html',
    '/assets/..%2findex.html',
  ])('do not include %s', async (url) => {
    await start({ consoleDir: builtConsole() });
    const answer = await app.inject(url);
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain(PAGE);
  });
});

describe('a GET that asks for no page', () => {
  const operations: [string, string, string][] = [
    ['carries a query', '/graphql?query=%7Bversion%7Bversion%7D%7D', BROWSER.accept],
    ['carries a persisted query', '/graphql?extensions=%7B%7D', '*/*'],
    ['takes only JSON', '/graphql', 'application/graphql-response+json, application/json;q=0.9'],
  ];

  test.each(operations)('goes to the API when it %s', async (_, url, accept) => {
    await start({ consoleDir: builtConsole(), answerOperation: async (request) => ({ asked: request.url }) });
    const answer = await app.inject({ url, headers: { accept } });
    expect(answer.json()).toEqual({ asked: url });
  });

  test('goes to the API also when the page was not built', async () => {
    await start({ consoleDir: join(folder, 'absent'), answerOperation: async () => ({ answered: true }) });
    expect((await app.inject('/graphql?query=%7Ba%7D')).json()).toEqual({ answered: true });
  });

  test('is not what curl sends to /graphql: that gets the page', async () => {
    await start({ consoleDir: builtConsole(), answerOperation: async () => ({ answered: true }) });
    expect((await app.inject({ url: '/graphql', headers: { accept: '*/*' } })).body).toBe(PAGE);
  });
});

async function start(options: ConsoleOptions, prefix = ''): Promise<void> {
  app = Fastify();
  await app.register(consoleRoutes, { ...options, prefix });
  await app.ready();
}

function builtConsole(): string {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'assets', 'main-1a2b.js'), SCRIPT);
  writeFileSync(join(folder, 'assets', 'main-1a2b.js.gz'), gzipSync(SCRIPT));
  return folder;
}

function directivesOf(policy: unknown): Record<string, string> {
  const directives = String(policy)
    .split('; ')
    .map((directive) => directive.split(/ (.*)/, 2));
  return Object.fromEntries(directives);
}
