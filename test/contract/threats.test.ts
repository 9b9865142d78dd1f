import { parseSync } from '@swc/core';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const PAGE = readFileSync(path.join(ROOT, 'docs/threats.md'), 'utf8');

const rows = PAGE.split(/^## /m)
  .slice(1)
  .map((text) => ({
    number: text.slice(0, text.indexOf('\n')),
    text,
    tests: [...text.matchAll(/^- `([^`]+)`: `([^`]+)`$/gm)].map(([, file, name]) => ({ file: file!, name: name! })),
  }));

test('docs/threats.md has V1 to V34, each once and in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 34 }, (_, index) => `V${index + 1}`));
});

test.each(rows)(
  '$number tells what went wrong and what holds, and names a test or says "not yet"',
  ({ text, tests }) => {
    expect(text).toMatch(/\n\*\*Elsewhere:\*\* .+\.\n\n\*\*Here:\*\* .+\.\n/);
    expect(tests.length > 0 || text.includes('Not yet: there is no')).toBe(true);
    // A line that is no test is a test that is misspelt.
    expect(text.match(/^- .*/gm) ?? []).toHaveLength(tests.length);
  },
);

test.each(rows.flatMap(({ number, tests }) => tests.map((named) => ({ number, ...named }))))(
  '$number: $file has the test "$name"',
  ({ file, name }) => {
    expect(existsSync(path.join(ROOT, file))).toBe(true);
    expect(testNames(readFileSync(path.join(ROOT, file), 'utf8'))).toContain(name);
  },
);

/** What matters of a node of the syntax tree. */
interface SyntaxNode {
  type?: string;
  value?: string;
  callee?: SyntaxNode;
  object?: SyntaxNode;
  arguments?: { expression: SyntaxNode }[];
}

/** The names of all tests of a source, as they are written. */
function testNames(source: string): string[] {
  const names: string[] = [];
  JSON.stringify(parseSync(source, { syntax: 'typescript' }), (_, node: SyntaxNode | null) => {
    const isTest = node?.type === 'CallExpression' && ['it', 'test'].includes(beginning(node));
    if (isTest) names.push(String(node.arguments?.[0]?.expression.value));
    return node;
  });
  return names;
}

/** What a call begins with: `test` of `test(…)` and of `test.each(…)(…)`. */
function beginning({ value, callee, object }: SyntaxNode): string {
  const before = callee ?? object;
  return before ? beginning(before) : String(value);
}
