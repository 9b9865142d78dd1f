/** Asks when the last answer is so old, and once for all who ask meanwhile. A failure is told to those, and not kept. */
export function askedAtMostEvery<Asked, Answer>(
  milliseconds: number,
  ask: (asked: Asked) => Promise<Answer>,
): (asked: Asked) => Promise<Answer> {
  let last: { answer: Promise<Answer>; at: number } | null = null;
  return (asked) => {
    if (last && performance.now() - last.at < milliseconds) return last.answer;
    const asking = { answer: ask(asked), at: performance.now() };
    last = asking;
    asking.answer.catch(() => {
      if (last === asking) last = null;
    });
    return asking.answer;
  };
}
