import { Agent, request } from 'node:http';
import { isErrno } from '../../src/system-error';
import { faultOf, type HostileAnswer } from './oracle';
import { randomOf } from './random';
import { requestOf, type HostileRequest, type Target } from './requests';

export interface FuzzOptions extends Target {
  /** Of the server. */
  url: string;
  seed: number;
  /** The cases `from`, `from + 1`, …: each is made from the seed and its number alone. */
  from: number;
  cases: number;
}

export interface Finding {
  seed: number;
  index: number;
  fault: string;
  request: HostileRequest;
}

export interface FuzzReport {
  findings: Finding[];
  /** How often each status was answered. */
  statuses: Record<string, number>;
  slowest: { index: number; milliseconds: number };
}

/** Sends hostile requests one after the other and looks at each answer. */
export async function fuzz({ url, seed, from, cases, ...target }: FuzzOptions): Promise<FuzzReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const report: FuzzReport = { findings: [], statuses: {}, slowest: { index: from, milliseconds: 0 } };
  for (let index = from; index < from + cases; index++) {
    const hostile = requestOf(randomOf(seed, index), target);
    const answer = await send(url, agent, hostile).catch((error: unknown) => error);
    const fault = isAnswer(answer) ? faultOf(hostile, answer) : missingAnswer(hostile, answer);
    if (fault !== null) report.findings.push({ seed, index, fault, request: hostile });
    if (!isAnswer(answer)) continue;
    report.statuses[answer.status] = (report.statuses[answer.status] ?? 0) + 1;
    if (answer.milliseconds > report.slowest.milliseconds)
      report.slowest = { index, milliseconds: Math.round(answer.milliseconds) };
  }
  agent.destroy();
  return report;
}

function send(url: string, agent: Agent, { method, path, headers, body }: HostileRequest): Promise<HostileAnswer> {
  const { hostname, port } = new URL(url);
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, agent, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.rawHeaders.join('\n'),
          text: Buffer.concat(chunks).toString(),
          milliseconds: performance.now() - started,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body ?? undefined);
  });
}

function isAnswer(answer: unknown): answer is HostileAnswer {
  return typeof answer === 'object' && answer !== null && 'status' in answer;
}

/** A connection that is closed while its client still sends a body that nobody reads may take the answer with it. */
function missingAnswer({ body }: HostileRequest, error: unknown): string | null {
  const isCut = isErrno(error) && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
  return isCut && body !== null && body.length > LARGE ? null : `no answer: ${String(error)}`;
}

const LARGE = 64 * 1024;

/** How to see a finding again. */
export function findingText({ seed, index, fault, request: { method, path, headers, body } }: Finding): string {
  return [
    fault,
    `  again: npm run fuzz -- --seed ${seed} --from ${index} --cases 1`,
    `  ${method} ${path.slice(0, 400)} ${JSON.stringify(headers).slice(0, 400)}`,
    `  ${body?.toString().slice(0, 1000) ?? ''}`,
  ].join('\n');
}
