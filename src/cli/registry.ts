import type { Command } from 'commander';
import { clientRegistry, lockRegistry, unlockRegistry } from './client-registry';
import { clientFor, durationText, withClient, type ClientOptions } from './client-command';
import { print, printData } from './output';
import { lockedText, registryText, unlockedText } from './registry-text';

interface UnlockOptions extends ClientOptions {
  for?: string;
}

/** `rollcall registry status|unlock|lock`. */
export function registerRegistryCommands(program: Command): void {
  const group = program.command('registry').description('the client registry, where agents without a token may ask');
  const unlocking = group
    .command('unlock')
    .description('let agents ask to be registered, for a while; approves nothing')
    .option('--for <duration>', 'for how long: 30s, 5m, 24h at most (the server’s default: 5m)', durationText);
  withClient(group.command('status').description('tell whether agents may ask, and how many wait')).action(status);
  withClient(unlocking).action(unlock);
  withClient(group.command('lock').description('let no agent ask any more; those that wait go on waiting')).action(
    lock,
  );
}

async function status(options: ClientOptions): Promise<void> {
  const registry = await clientRegistry(clientFor(options));
  if (options.output === 'table') print(registryText(registry));
  else printData(registry, options.output);
}

async function unlock(options: UnlockOptions): Promise<void> {
  const payload = await unlockRegistry(clientFor(options), options.for);
  if (options.output === 'table') print(unlockedText(payload.clientRegistry));
  else printData(payload, options.output);
}

async function lock(options: ClientOptions): Promise<void> {
  const payload = await lockRegistry(clientFor(options));
  if (options.output === 'table') print(lockedText(payload.clientRegistry));
  else printData(payload, options.output);
}
