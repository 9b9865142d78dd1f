import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './process';

const DEPLOY = path.join(__dirname, '../../deploy');

export const RULES = path.join(DEPLOY, 'prometheus/rollcall.rules.yml');
export const DASHBOARD = path.join(DEPLOY, 'grafana/rollcall.json');
const EXAMPLE = readFileSync(path.join(DEPLOY, 'prometheus/prometheus.yml'), 'utf8');

const LONGEST_RUN_MS = 80_000;

/** Whether the programs of Prometheus are here; says so where they are not. */
export function hasPrometheus(tests: string): boolean {
  const isThere = ['prometheus', 'promtool'].every((program) => spawnSync(program, ['--version']).status === 0);
  if (!isThere)
    process.stderr.write(
      `${tests} are skipped: prometheus and promtool (Debian: apt install prometheus) are not here.\n`,
    );
  return isThere;
}

export interface ExampleFolder {
  /** The path of prometheus.yml. */
  config: string;
  path: string;
  remove: () => void;
}

/** The example of deploy/prometheus for a server at this URL and with this key, in a folder of its own, with what is to be changed further. */
export function exampleFolder(url: string, key: string, change = (config: string) => config): ExampleFolder {
  const folder = temporaryFolder();
  const keyFile = path.join(folder.path, 'rollcall.key');
  writeFileSync(keyFile, `${key}\n`);
  const { host } = new URL(url);
  const config = EXAMPLE.replaceAll('https://rollcall.example.com:8443', url)
    .replaceAll('rollcall.example.com:8443', host)
    .replaceAll('scheme: https', 'scheme: http')
    .replaceAll('/etc/prometheus/rollcall.key', keyFile)
    .replaceAll('- rollcall.rules.yml', `- ${RULES}`);
  const file = path.join(folder.path, 'prometheus.yml');
  writeFileSync(file, change(config));
  return { ...folder, config: file };
}

/** A running Prometheus. */
export interface PrometheusProcess {
  /** The data of one of its answers: `ask('targets?state=active')`. */
  ask<Data>(what: string): Promise<Data>;
  stop(): Promise<void>;
}

/** Starts Prometheus with the configuration in the folder, on a free port. */
export async function startPrometheus(folder: ExampleFolder): Promise<PrometheusProcess> {
  const child = spawn(
    'prometheus',
    [
      `--config.file=${folder.config}`,
      `--storage.tsdb.path=${path.join(folder.path, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    // Whatever becomes of the test, it does not stay.
    { stdio: ['ignore', 'ignore', 'pipe'], timeout: LONGEST_RUN_MS, killSignal: 'SIGKILL' },
  );
  const ended = once(child, 'close');
  let output = '';
  const place = await new Promise<string>((resolve, reject) => {
    child.on('close', () => reject(new Error(output)));
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = /msg="Listening on" address=(\S+)/.exec(output)?.[1];
      if (found !== undefined && output.includes('Server is ready to receive web requests')) resolve(found);
    });
  });
  return {
    async ask<Data>(what: string) {
      const { data, error } = (await (await fetch(`http://${place}/api/v1/${what}`)).json()) as {
        data: Data;
        error?: string;
      };
      if (error !== undefined) throw new Error(error);
      return data;
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
