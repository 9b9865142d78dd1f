import { HOSTILE_DOCUMENTS } from '../test/document/hostile-documents';
import { median } from './rounds';
import { startStage } from './stage';

// How long a hostile request takes until it is refused, over HTTP. Goal: below 100 ms each.

const TIMES = 21;

const documents = HOSTILE_DOCUMENTS.map(([name, query]): [string, string] => [name, JSON.stringify({ query })]);
const query = '{ version { version } }';
const bodies: [name: string, body: string][] = [
  [
    'a cycle of fragments',
    JSON.stringify({ query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' }),
  ],
  ['a fragment named __schema', JSON.stringify({ query: '{ ...__schema } fragment __schema on Query { __typename }' })],
  ['deep variables', `{"query":"${query}","variables":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`],
  ['duplicate keys', `{"query":"${query}",${'"a":1,'.repeat(30_000)}"b":1}`],
  [
    '__proto__ behind many keys',
    `{"query":"${query}",${Array.from({ length: 15_000 }, (_, index) => `"k${index}":{}`).join()},"__proto__":{}}`,
  ],
  ['a list of operations', JSON.stringify(Array.from({ length: 5000 }, () => ({ query })))],
];

async function main(): Promise<void> {
  const stage = await startStage();
  const refused = async (body: string): Promise<number> => {
    const started = performance.now();
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${stage.url}/graphql`, { method: 'POST', headers, body });
    await answer.text();
    if (answer.status !== 400) throw new Error(`It is not refused: ${answer.status}`);
    return performance.now() - started;
  };
  for (const [name, body] of [...documents, ...bodies]) {
    const taken: number[] = [];
    for (let time = 0; time < TIMES; time++) taken.push(await refused(body));
    const [usual, longest] = [median(taken), Math.max(...taken)].map((milliseconds) => milliseconds.toFixed(1));
    console.log(`${name.padEnd(40)} ${usual!.padStart(6)} ms, ${longest!.padStart(6)} ms at most`);
  }
  await stage.stop();
}

void main();
