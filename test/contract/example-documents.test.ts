import { buildClientSchema, getIntrospectionQuery, Kind, parse, validate, type OperationDefinitionNode } from 'graphql';
import { documentCheck } from '../../src/document/check-document';
import { objectsAskedFor } from '../../src/document/objects';
import { createSchema } from '../../src/schema';
import { dataOf } from '../support/client';
import { startServer, testConfig } from '../support/server';
import { exampleDocuments } from './example-documents';

const schema = createSchema();
const { limits } = testConfig();
const check = documentCheck(schema, limits);

const EVERY_OPTION = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
};
/** What GraphiQL asks with the options that src/console/playground.tsx gives it, and all that other tools could. */
const INTROSPECTION = [
  { file: 'GraphiQL', text: getIntrospectionQuery({ inputValueDeprecation: true, schemaDescription: true }) },
  { file: 'another tool', text: getIntrospectionQuery(EVERY_OPTION) },
];

const examples = exampleDocuments();

test('examples are found wherever there are some', () => {
  expect([...new Set(examples.map(({ file }) => file))]).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/operating.md',
      'src/console/examples.ts',
      'src/cli/api-key.ts',
      'src/cli/client-registry.ts',
      'src/cli/inventory.ts',
      'src/cli/registration-token.ts',
      'src/host-agent/key-renewal.ts',
      'src/host-agent/registration.ts',
      'src/host-agent/sync-loop.ts',
    ]),
  );
});

test.each([...examples, ...INTROSPECTION])('a document of $file is valid and within the usual bounds', ({ text }) => {
  expect(() => check(text)).not.toThrow();
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  for (const operation of operations as OperationDefinitionNode[]) {
    const asked = { schema, document, operation, variables: { first: 200 } };
    expect(objectsAskedFor(asked)).toBeLessThanOrEqual(limits.objects);
  }
});

test('the schema is told to GraphiQL by a server with the usual bounds', async () => {
  const server = await startServer();
  try {
    for (const { text } of INTROSPECTION)
      expect(buildClientSchema(dataOf(await server.viewer(text))).getType('Node')).toBeDefined();
  } finally {
    await server.stop();
  }
});
