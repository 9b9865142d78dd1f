import { GraphiQL } from 'graphiql';
import { useMemo, useState } from 'react';
import { credentialIn } from './credential';
import { FIRST_OPERATIONS, HEADERS_TO_COMPLETE } from './examples';
import { createFetcher } from './fetcher';
import { SchemaHint } from './schema-hint';

// GraphiQL's history keeps the headers, and so the key, on disk, and empties the header editor when an entry is chosen.
const NO_PLUGINS: [] = [];

/** GraphiQL on this server's API. Keys stay in the page; operations stay for as long as the browser's tab is open. */
export function Playground() {
  const [credential, setCredential] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);

  // GraphiQL reads the schema again, with the headers of that moment, when it is given another fetcher: so once a key is there.
  const fetcher = useMemo(() => createFetcher(setRefusal), [credential]);
  const followHeaders = useMemo(() => (text: string) => setCredential(credentialIn(text)), []);

  return (
    <GraphiQL
      fetcher={fetcher}
      defaultQuery={FIRST_OPERATIONS}
      defaultHeaders={HEADERS_TO_COMPLETE}
      defaultEditorToolsVisibility="headers"
      onEditHeaders={followHeaders}
      plugins={NO_PLUGINS}
      shouldPersistHeaders={false}
      storage={sessionStorage}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>Rollcall</GraphiQL.Logo>
      <GraphiQL.Footer>
        {refusal !== null && <SchemaHint refusal={refusal} hasCredential={credential !== ''} />}
      </GraphiQL.Footer>
    </GraphiQL>
  );
}
