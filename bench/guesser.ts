import { Pool } from 'undici';
import { CredentialKind, makeCredential } from '../src/access/credential';
import { repeat } from './rounds';

// Guesses tokens and keys by turns, each next one as soon as the last was answered or cut: a process of its own, so that what it costs
// to guess is not measured as what guesses cost. Told how many milliseconds to go on, it says how it was answered.

const REGISTER = `mutation ($token: String!) { registerAgent(input: { token: $token, node: { name: "guess" } }) { agentId } }`;
const WHO_AM_I = JSON.stringify({ query: '{ caller { role } }' });

const [url = '', connections = '1'] = process.argv.slice(2);
const pool = new Pool(new URL(url).origin, { connections: Number(connections) });
let guesses = 0;

async function guess(): Promise<string> {
  const kind = guesses++ % 2 === 0 ? CredentialKind.REGISTRATION_TOKEN : CredentialKind.AGENT_KEY;
  const { text } = makeCredential(kind);
  const isKey = kind === CredentialKind.AGENT_KEY;
  const { body } = await pool.request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(isKey && { authorization: `Bearer ${text}` }) },
    body: isKey ? WHO_AM_I : JSON.stringify({ query: REGISTER, variables: { token: text } }),
  });
  const { errors } = (await body.json()) as { errors: { extensions: { code: string } }[] };
  return errors[0]!.extensions.code;
}

process.on('message', (milliseconds: number) => {
  const told: Record<string, number> = {};
  const one = async () => {
    const code = await guess().catch(() => 'cut');
    told[code] = (told[code] ?? 0) + 1;
  };
  void repeat(one, Number(connections), milliseconds).then(() => process.send!(told));
});
