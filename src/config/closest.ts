/** The known name that was probably meant: at most two letters away, or the one whose section was forgotten. */
export function closest(name: string, known: string[]): string | null {
  const written = name.toLowerCase();
  const distances = known.map((candidate) => ({ candidate, distance: editDistance(written, candidate) }));
  const [best] = distances.toSorted((a, b) => a.distance - b.distance);
  if (best && best.distance <= Math.min(2, name.length / 2)) return best.candidate;
  return known.find((candidate) => candidate.endsWith(`.${written}`)) ?? null;
}

/** Levenshtein's distance, row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = row[column - 1]! + (from[index] === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
