import { fastifyStatic } from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where and how the console is served. */
export interface ConsoleOptions {
  /** The folder of the built console; by default the one that `npm run build` makes. */
  consoleDir?: string;
  /** Answers a GET /graphql that carries an operation or asks for no page. Without it, every GET is answered with the page. */
  answerOperation?: RouteHandlerMethod;
}

// Monaco, the editor, writes style elements and style attributes as it draws and takes no nonce; GraphiQL's fonts are data URLs.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const NOT_BUILT = 'The playground is not built: run "npm run build" and start the server again.';

/** A fastify plugin: the playground at GET /graphql and its files at GET /assets/*, below the prefix it is registered with. */
export async function consoleRoutes(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  const { consoleDir = builtConsole(), answerOperation } = options;
  const page = readPage(consoleDir);
  if (page !== null) await app.register(fastifyStatic, assetsOf(consoleDir));

  app.get('/graphql', function (request, reply) {
    if (answerOperation && !asksForPage(request)) return answerOperation.call(this, request, reply);
    return page === null ? refusePage(reply) : sendPage(reply, page);
  });
}

/** dist/console, seen from dist/src/http or from src/http. */
function builtConsole(): string {
  const besideCompiled = join(__dirname, '..', '..', 'console');
  return existsSync(besideCompiled) ? besideCompiled : join(__dirname, '..', '..', 'dist', 'console');
}

function readPage(consoleDir: string): string | null {
  const file = join(consoleDir, 'index.html');
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function assetsOf(consoleDir: string) {
  return {
    root: join(consoleDir, 'assets'),
    prefix: '/assets/',
    index: false,
    decorateReply: false,
    preCompressed: true,
    // The names carry a hash of the content.
    immutable: true,
    maxAge: '1y',
    // A worker lives by the policy that its own file came with.
    setHeaders: (reply: { setHeader: (name: string, value: string) => void }) =>
      reply.setHeader('content-security-policy', CONTENT_SECURITY_POLICY),
  } as const;
}

/** Whether a person wants the page and not the answer to an operation (of which persisted ones come without their text). */
function asksForPage({ query, headers }: FastifyRequest): boolean {
  const hasOperation = typeof query === 'object' && query !== null && ('query' in query || 'extensions' in query);
  return !hasOperation && /text\/html|\*\/\*/.test(headers.accept ?? '*/*');
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .headers({ 'content-security-policy': CONTENT_SECURITY_POLICY, 'cache-control': 'no-cache', vary: 'accept' })
    .type('text/html; charset=utf-8')
    .send(page);
}

function refusePage(reply: FastifyReply): FastifyReply {
  return reply.code(503).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(`${NOT_BUILT}\n`);
}
