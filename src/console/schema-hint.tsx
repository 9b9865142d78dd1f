/** Says why there is no schema to browse, and what to do. */
export function SchemaHint({ refusal, hasCredential }: { refusal: string; hasCredential: boolean }) {
  return (
    <div className="schema-hint" role="status">
      <p>
        <strong>The schema is not loaded:</strong> {refusal}
      </p>
      {!hasCredential && (
        <p>
          Paste an API key after <code>Bearer </code> under Headers; schema and documentation then load by themselves.
          The first ADMIN key is in the file <code>admin.key</code> of the server&rsquo;s data folder; the server says
          at its start where that is.
        </p>
      )}
    </div>
  );
}
