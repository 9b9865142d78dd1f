/** What is measured in turns: each variant once a round, the order reversed every other round, so that noise meets all alike. */
export async function interleaved<Name extends string>(
  variants: Record<Name, () => Promise<number>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(variants) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++)
    for (const name of round % 2 === 0 ? names : names.toReversed()) results[name].push(await variants[name]());
  return results;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs the action over and over, so many at a time, for so long. Gives how often it was done. */
export async function repeat(
  action: () => Promise<unknown>,
  concurrency: number,
  milliseconds: number,
): Promise<number> {
  const deadline = performance.now() + milliseconds;
  let done = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() < deadline) {
        await action();
        done++;
      }
    }),
  );
  return done;
}
