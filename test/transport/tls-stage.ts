import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Agent, request } from 'undici';
import type { Stage } from '../end-to-end/stage';
import type { Authority, Issued } from '../host-agent/certificates';
import type { TestDatabase } from '../support/database';
import type { ServerProcess } from '../support/process';

export const LOCAL = ['subjectAltName=IP:127.0.0.1'];

/** A server process that speaks TLS with certificates of a CA of its own. */
export interface TlsServer extends ServerProcess {
  database: TestDatabase;
  dataDir: string;
  /** Its environment's names for where it is and as who it is asked. */
  asAdmin: Record<string, string>;
  /** Replaces what it serves with. */
  present: (served: Issued, ...chain: Authority[]) => void;
  get: (route: string, headers?: Record<string, string>) => Promise<{ status: number; headers: unknown; text: string }>;
}

/** Starts one that presents a certificate and those of CAs behind it; it is asked by those who trust the root. */
export async function startTlsServer(
  stage: Stage,
  root: Authority,
  [served, ...chain]: [Issued, ...Authority[]],
  environment: Record<string, string> = {},
): Promise<TlsServer> {
  const folder = stage.folder();
  const dataDir = stage.folder();
  const database = await stage.database();
  const [certFile, keyFile] = [path.join(folder, 'served.pem'), path.join(folder, 'served.key')];
  const present = ({ cert, key }: Issued, ...above: Authority[]) => {
    writeFileSync(certFile, [cert, ...above.map(({ issued }) => issued.cert)].join(''));
    writeFileSync(keyFile, key);
  };
  present(served, ...chain);
  const server = await stage.serve(dataDir, {
    DATABASE_URL: database.url,
    ROLLCALL_TLS_CERT: certFile,
    ROLLCALL_TLS_KEY: keyFile,
    ...environment,
  });
  const asAdmin = {
    ROLLCALL_URL: server.url,
    ROLLCALL_KEY_FILE: path.join(dataDir, 'admin.key'),
    ROLLCALL_CA_FILE: root.issued.file,
  };
  const get: TlsServer['get'] = async (route, headers = {}) => {
    const dispatcher = new Agent({ connect: { ca: root.issued.cert } });
    const answer = await request(server.url + route, { dispatcher, headers });
    const text = await answer.body.text();
    await dispatcher.destroy();
    return { status: answer.statusCode, headers: answer.headers, text };
  };
  return Object.assign(server, { database, dataDir, asAdmin, present, get });
}
