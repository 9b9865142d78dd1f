import { findRequest, type RegistrationRequest } from '../../src/cli/client-registry';
import type { Client } from '../../src/cli/client';

/** A server with these requests, two a page. */
function serverWith(requests: Partial<RegistrationRequest>[]): Client {
  return {
    url: 'http://rollcall.example',
    ca: null,
    async ask<Data>(_: string, { after }: Record<string, unknown> = {}) {
      const end = Number(after ?? 0) + 2;
      const pageInfo = { hasNextPage: end < requests.length, endCursor: String(end) };
      return { registrationRequests: { nodes: requests.slice(end - 2, end), pageInfo } } as Data;
    },
  };
}

describe('the request of a pairing ID', () => {
  const requests = ['AAAA-0001', 'AAAA-0002', 'AAAA-0003', 'AAAA-0002'].map((pairingId) => ({ pairingId }));

  test('is found on a later page, in any case and without its dash', async () => {
    await expect(findRequest(serverWith(requests), 'aaaa0003')).resolves.toBe(requests[2]);
  });

  test('is not guessed when two of them have it', async () => {
    await expect(findRequest(serverWith(requests), 'AAAA-0002')).rejects.toMatchObject({ exitCode: 2, code: 'USAGE' });
  });

  test.each(['AAAA-0004', '', 'AAAA', 'AAAA--0001'])('is not found by %j', async (pairingId) => {
    await expect(findRequest(serverWith(requests), pairingId)).rejects.toMatchObject({ exitCode: 3 });
  });
});
