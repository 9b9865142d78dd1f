import { lockedText, registryText } from '../../src/cli/registry-text';

function registry(state: string, pendingRequests: number) {
  const isOpen = state === 'OPEN';
  return {
    state,
    pendingRequests,
    openUntil: isOpen ? '2026-01-01T00:00:00.000Z' : null,
    openedBy: isOpen ? { name: 'an\u001b[2J admin', keyPublicId: null } : null,
  };
}

describe('what is told of the client registry', () => {
  test.each([
    ['LOCKED', 0, 'rollcall registry unlock'],
    ['LOCKED', 1, 'rollcall request list'],
    ['OPEN', 0, 'rollcall agent --config config.yml, on a host without a token'],
    ['OPEN', 2, 'rollcall request list'],
  ])('while it is %s and %d wait ends with what to do next', (state, waiting, next) => {
    expect(registryText(registry(state, waiting)).split('\n').at(-1)).toBe(`Next: ${next}`);
  });

  test('holds nothing that a terminal would obey', () => {
    expect(registryText(registry('OPEN', 0))).toMatch(/^Opened by: +an\[2J admin$/m);
  });

  test.each([
    [0, 'None waits.'],
    [1, '1 request made before can still be decided.'],
    [2, '2 requests made before can still be decided.'],
  ])('once it is locked tells of %d that wait', (waiting, sentence) => {
    expect(lockedText(registry('LOCKED', waiting))).toContain(sentence);
  });
});
