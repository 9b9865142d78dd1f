import type { RegistrationRequest } from '../../src/cli/client-registry';
import { approvedText, requestText } from '../../src/cli/request-text';

const HOSTILE = 'a\u001b]0;b\u0007\n\u202Ec';
const PLACEMENT = {
  region: HOSTILE,
  environment: HOSTILE,
  tags: [HOSTILE],
  labels: [{ name: HOSTILE, value: HOSTILE }],
};

/** A request of which everything is what a terminal would obey. */
const request: RegistrationRequest = {
  ...PLACEMENT,
  id: HOSTILE,
  pairingId: 'K7QF-2M9X',
  nodeName: HOSTILE,
  state: 'CONFLICTING',
  remoteAddress: HOSTILE,
  address: HOSTILE,
  os: HOSTILE,
  agentVersion: HOSTILE,
  postgresqlVersion: HOSTILE,
  keyFingerprint: HOSTILE,
  conflictsWith: { id: HOSTILE, name: HOSTILE, status: HOSTILE, lastSeenAt: null, hostAgent: { id: HOSTILE } },
  conflictingKeys: [HOSTILE],
  requestedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-01T01:00:00.000Z',
  decidedAt: '2026-01-01T00:30:00.000Z',
  decidedBy: { name: HOSTILE, keyPublicId: null },
  reason: HOSTILE,
  granted: { ...PLACEMENT, replace: true },
  agent: { id: HOSTILE },
};

test.each([
  ['a request', requestText(request, { granted: request.granted, showsPairingId: true })],
  ['an approval', approvedText({ request, agent: { id: HOSTILE, runsOn: { id: HOSTILE, name: HOSTILE } } })],
])(
  'what is told of %s holds nothing that a terminal would obey, and no line that somebody else has broken',
  (_, text) => {
    expect(text).toContain('a]0;b c');
    expect(text).not.toMatch(/[^\n\P{C}]/u);
    expect(text).not.toMatch(/^c/m);
  },
);

describe('what is told of a request', () => {
  const plain = { ...request, region: 'asked', environment: null, tags: [], labels: [] };

  test('has what is granted beside what was asked, where there is either', () => {
    const none = { region: null, environment: null, tags: [], labels: [] };
    const shown = (granted: typeof none | null) => requestText(plain, { granted, showsPairingId: true });
    expect(shown({ ...none, environment: 'RUN' } as never)).toMatch(
      /^ +ASKED +GRANTED\nRegion +asked\nEnvironment +RUN\nWhat is granted wins;/m,
    );
    for (const granted of [none, null]) expect(shown(granted)).toMatch(/^ +ASKED\nRegion +asked\n\n/m);
  });

  test.each([true, false])('has the pairing ID only if it is to be shown: %s', (showsPairingId) => {
    expect(requestText(plain, { granted: null, showsPairingId }).includes('K7QF-2M9X')).toBe(showsPairingId);
  });

  test.each([
    [{ name: 'an admin', keyPublicId: null }, /^Decided: +2026-01-01T00:30\S+ \(.*\) by an admin$/m, 'Expires:'],
    [null, /^Expires: +2026-01-01T01:00:00\.000Z/m, 'Decided:'],
  ])('has when it was decided and by whom, or until when it can be: %j', (decidedBy, told, untold) => {
    const text = requestText({ ...plain, decidedBy }, { granted: null, showsPairingId: true });
    expect(text).toMatch(told);
    expect(text).not.toContain(untold);
  });
});
