import { openStateFolder } from '../../src/host-agent/state-folder';

// Holds the state folder named on the command line until it is killed.
async function hold(folder: string): Promise<void> {
  await openStateFolder(folder);
  process.stdout.write('held\n');
  setInterval(() => undefined, 60_000);
}

void hold(String(process.argv[2]));
