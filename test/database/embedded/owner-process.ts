import { startEmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Owns the cluster of a data folder until its standard input ends; says on one line where it listens, or why it does not. */
async function main(dataDir: string): Promise<void> {
  try {
    const server = await startEmbeddedPostgres({ dataDir, log });
    console.log(JSON.stringify(server.connection));
    for await (const _ of process.stdin);
    await server.stop();
  } catch (error) {
    console.log(String(error));
    process.exitCode = 1;
  }
}

void main(process.argv[2]!);
