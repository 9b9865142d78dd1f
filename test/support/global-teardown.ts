import { rmSync } from 'node:fs';

export default async function globalTeardown(): Promise<void> {
  const { stopTestCluster, testClusterFolder } = globalThis as unknown as {
    stopTestCluster: () => Promise<void>;
    testClusterFolder: string;
  };
  await stopTestCluster();
  rmSync(testClusterFolder, { recursive: true, force: true });
}
