import { InvalidArgumentError, type Command } from 'commander';
import { repeated } from './client-command';

/** Where a node is put by whoever lets its agent in. */
export interface PlacementOptions {
  region?: string;
  environment?: string;
  tag?: string[];
  label?: { name: string; value: string }[];
}

/** What is sent of them. */
export interface PlacementInput {
  region: string | undefined;
  environment: string | undefined;
  tags: string[] | undefined;
  labels: { name: string; value: string }[] | undefined;
}

export function withPlacement(command: Command): Command {
  return command
    .option('--region <region>', 'the region that the node gets')
    .option('--environment <environment>', 'the environment that the node gets')
    .option('--tag <tag>', 'a tag that the node gets; may be repeated', repeated)
    .option('--label <name=value>', 'a label that the node gets; may be repeated', label);
}

export function placementInput({ region, environment, tag, label: labels }: PlacementOptions): PlacementInput {
  return { region, environment, tags: tag, labels };
}

function label(value: string, former: { name: string; value: string }[] = []): { name: string; value: string }[] {
  const separator = value.indexOf('=');
  if (separator < 1) throw new InvalidArgumentError('Give name=value.');
  return [...former, { name: value.slice(0, separator), value: value.slice(separator + 1) }];
}
