/** What a GraphQL server answers, with what matters of HTTP. */
export interface Answer {
  status: number;
  headers: Headers;
  // The shape is the query's; tests say what they expect of it.
  data: any; // oxlint-disable-line typescript/no-explicit-any
  errors: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
  /** The whole body, as it came. */
  text: string;
}

export interface GraphQLClient {
  /** Sends an operation. */
  (query: string, variables?: Record<string, unknown>): Promise<Answer>;
}

/** A client of the GraphQL API at a server's URL, with a key or anonymous. */
export function graphqlClient(url: string, key?: string): GraphQLClient {
  return async (query, variables) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    const { data, errors = [] } = JSON.parse(text) as Pick<Answer, 'data'> & Partial<Answer>;
    return { status: response.status, headers: response.headers, data, errors, text };
  };
}

/** The codes of an answer's errors. */
export function codes({ errors }: Answer): unknown[] {
  return errors.map(({ extensions }) => extensions['code']);
}

/** The data of an answer that must have no errors. */
export function dataOf({ data, errors }: Answer): Answer['data'] {
  if (errors.length > 0) throw new Error(`The operation failed: ${JSON.stringify(errors)}`);
  return data;
}
