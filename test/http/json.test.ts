import { InvalidInput } from '../../src/errors';
import { checkJson } from '../../src/http/json';
import { startServer, type TestServer } from '../support/server';

const CANARY = 'kanarienvogel';
const TWICE = 'Give each key of an object once.';
const DEEP = 'Nest objects and lists 64 deep at most.';
const PROTOTYPE = 'A key has a name that JavaScript keeps for itself: __proto__ or constructor.prototype.';

const nested = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels);

/** An object with white space before its end. */
const padded = (start: string, bytes: number) => `${start.slice(0, -1)}${' '.repeat(bytes - start.length)}}`;

const REFUSED: [name: string, text: string, message: string][] = [
  ['a key twice', '{"a":1,"b":2,"a":3}', TWICE],
  ['a key twice behind white space', '{ "a" : 1 ,\n\t"a" : 3 }', TWICE],
  ['a key twice, once with an escape', String.raw`{"a":1,"\u0061":3}`, TWICE],
  ['a key twice that holds a quote', String.raw`{"a\"b":1,"a\u0022b":3}`, TWICE],
  ['a key twice with an object between', '{"a":{"a":1,"b":2},"a":3}', TWICE],
  ['a key twice in an object of a list', '[1,{"a":[1,{}],"a":2}]', TWICE],
  ['an empty key twice', '{"":1,"":2}', TWICE],
  ['lists 65 deep', nested(65, '[', ']'), DEEP],
  ['objects 65 deep', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, DEEP],
  ['objects and lists 66 deep', `${'{"a":['.repeat(33)}${']}'.repeat(33)}`, DEEP],
  ['lists without an end', '['.repeat(200_000), DEEP],
  ['__proto__', '{"__proto__":1}', PROTOTYPE],
  ['__proto__ with an escape', String.raw`{"a":[{"_\u005fproto__":{}}]}`, PROTOTYPE],
  ['the prototype of a constructor', '{"constructor":{"prototype":{}}}', PROTOTYPE],
  ['the prototype of a constructor, behind another key', '{"constructor":{"a":1,"prototype":{}}}', PROTOTYPE],
];

const TAKEN: [name: string, text: string][] = [
  ['a key once in each of several objects', '[{"a":{"a":1}},{"a":2}]'],
  ['a key as a value, too', '{"a":"a","b":["a","a"]}'],
  ['text that looks like keys', String.raw`{"a":"\",\"a\":{\"b\":1,\"b\":","b":"{[{["}`],
  ['text that ends with a backslash', String.raw`{"a":"\\","b":"\\\\"}`],
  ['lists 64 deep', nested(64, '[', ']')],
  ['objects side by side, though there are many', `[${'{"a":[]},'.repeat(1000)}{}]`],
  ['a constructor without a prototype', '{"constructor":{"name":1},"prototype":2}'],
  ['a prototype in a list of constructors', '{"constructor":[{"prototype":2}]}'],
  ['white space alone', ' \n '],
  ['what is no JSON, which the parser refuses', '{"a" "a",,]]}"'],
  ['a key with an escape that is none, which the parser refuses', String.raw`{"\q":1,"a":1,"a":2}`],
];

describe('JSON is refused with', () => {
  test.each(REFUSED)('%s', (_, text, message) => {
    expect(() => checkJson(text, 'place')).toThrow(new InvalidInput([{ path: 'place', message }]));
  });
});

describe('JSON is taken with', () => {
  test.each(TAKEN)('%s', (_, text) => {
    expect(() => checkJson(text, 'place')).not.toThrow();
  });
});

describe('the server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ limits: { body: 2000 } });
  });
  afterAll(() => server.stop());

  async function send(route: string, options: RequestInit) {
    const response = await fetch(server.url + route, { method: 'POST', ...options });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) };
  }
  const post = (route: string, body: string) => send(route, { body, headers: { 'content-type': 'application/json' } });

  const FAULTS: [string, string, string][] = [
    ['a key twice', `"${CANARY}":1,"${CANARY}":2`, TWICE],
    ['__proto__', `"__proto__":"${CANARY}"`, PROTOTYPE],
    ['a constructor’s prototype', `"constructor":{"prototype":"${CANARY}"}`, PROTOTYPE],
    ['what is 65 deep', `"${CANARY}":${nested(64, '[', ']')}`, DEEP],
  ];

  test.each(FAULTS)('refuses a body with %s, and repeats nothing', async (_, members, message) => {
    const fault = { code: 'BAD_USER_INPUT', fields: [{ path: 'body', message }] };
    const graphql = await post('/graphql', `{"query":"{ __typename }",${members}}`);
    expect([graphql.status, graphql.body]).toEqual([
      400,
      { errors: [{ message: `body: ${message}`, extensions: fault }] },
    ]);
    const register = await post('/api/v1/register', `{"token":"rct_x","hostname":"a",${members}}`);
    expect([register.status, register.body.error]).toMatchObject([400, fault]);
    expect(graphql.text + register.text).not.toContain(CANARY);
  });

  test.each(['variables', 'extensions'])('refuses the same in the parameter %s of a GET', async (name) => {
    for (const [, members, message] of FAULTS) {
      const search = new URLSearchParams({ query: '{ __typename }', [name]: `{${members}}` });
      const answer = await send(`/graphql?${search.toString()}`, {
        method: 'GET',
        headers: { 'apollo-require-preflight': 'yes' },
      });
      expect([answer.status, answer.body.errors]).toMatchObject([
        400,
        [{ extensions: { code: 'BAD_USER_INPUT', fields: [{ path: name, message }] } }],
      ]);
      expect(answer.text).not.toContain(CANARY);
    }
  });

  describe('with limits.body', () => {
    const QUERY = '{"query":"{ __typename }"}';
    const EXCESS = { code: 'PAYLOAD_TOO_LARGE', limit: 'limits.body', bound: 2000 };

    test('takes a body of so many bytes, and tells of one more how many are allowed and how many came', async () => {
      expect((await post('/graphql', padded(QUERY, 2000))).status).toBe(200);
      const graphql = await post('/graphql', padded(QUERY, 2001));
      expect([graphql.status, graphql.body.errors[0].extensions]).toEqual([413, { ...EXCESS, measure: 2001 }]);
      const register = '{"token":"rct_x","hostname":"a"}';
      expect((await post('/api/v1/register', padded(register, 2000))).status).toBe(401);
      const refused = await post('/api/v1/register', padded(register, 2001));
      expect([refused.status, refused.body.error]).toMatchObject([413, { ...EXCESS, measure: 2001 }]);
    });

    test('counts bytes and not characters', async () => {
      const body = '{"query":"{ __typename } #é"}';
      expect((await post('/graphql', padded(body, 1999))).status).toBe(200);
      expect((await post('/graphql', padded(body, 2000))).status).toBe(413);
    });

    test('does not read on in a body of unknown length', async () => {
      const body = new ReadableStream({
        pull: (controller) => controller.enqueue(new TextEncoder().encode(' '.repeat(1000))),
      });
      const options = { body, duplex: 'half', headers: { 'content-type': 'application/json' } } as RequestInit;
      const answer = await send('/graphql', options);
      expect([answer.status, answer.body.errors[0].extensions]).toEqual([413, EXCESS]);
    });
  });
});

test('the usual limits.body is 256 KiB', async () => {
  const server = await startServer();
  try {
    const status = async (bytes: number) => {
      const start = '{"query":"{ __typename }"';
      const body = `${start}${' '.repeat(bytes - start.length - 1)}}`;
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).status;
    };
    expect([await status(262_144), await status(262_145)]).toEqual([200, 413]);
  } finally {
    await server.stop();
  }
});
