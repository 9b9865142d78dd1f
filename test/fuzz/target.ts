import { buildSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { dataOf, graphqlClient } from '../support/client';
import { enrol, issueToken } from '../support/enrol';
import type { Target } from './requests';

const SDL = path.join(__dirname, '../../schema/schema.graphql');

/** Enrols a host, so that there is something to find, and makes a key of each role. */
export async function prepareTarget(url: string, adminKey: string): Promise<Target> {
  const admin = graphqlClient(url, adminKey);
  const { secret, token } = await issueToken(admin, { maxUses: 1000, description: 'for whoever comes' });
  const name = 'fuzzed-host.example';
  const host = await enrol(admin, { node: { name }, postgresql: { version: '18.1' } });
  const issueKey = async (role: string) => {
    const answer = await admin('mutation ($input: IssueApiKeyInput!) { issueApiKey(input: $input) { secret } }', {
      input: { name: `fuzz ${role}`, role },
    });
    return dataOf(answer).issueApiKey.secret as string;
  };
  return {
    schema: buildSchema(readFileSync(SDL, 'utf8')),
    known: { ids: [host.nodeId, host.agentId, host.serviceId!, token.id], names: [name], tokens: [secret] },
    keys: [adminKey, await issueKey('EDITOR'), await issueKey('VIEWER'), host.secret],
  };
}
