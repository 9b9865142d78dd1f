import { parseCredential } from '../../src/access/credential';
import { codes, dataOf } from '../support/client';
import { enrol, issueToken } from '../support/enrol';
import { startServer, type TestServer } from '../support/server';
import { wholeRoll } from '../enrolment/roll';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.stop());

const ISSUE = `mutation ($input: IssueRegistrationTokenInput!) { issueRegistrationToken(input: $input) { secret token {
  id publicId description status maxUses uses nodeName replaces { id name } region environment tags labels { name value }
  createdBy { name keyPublicId } createdAt expiresAt lastUsedAt revokedAt agents { totalCount } } } }`;

async function issue(input: Record<string, unknown>) {
  return dataOf(await server.admin(ISSUE, { input })).issueRegistrationToken;
}

describe('a token that was issued', () => {
  test('without any wish is good for one agent and one hour', async () => {
    const { secret, token } = await issue({});
    const { publicId } = parseCredential(secret)!;
    const { createdAt, expiresAt, ...rest } = token;
    expect(secret).toMatch(/^rct_/);
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBeCloseTo(3_600_000, -4);
    expect(rest).toEqual({
      id: expect.any(String),
      publicId,
      description: null,
      status: 'ACTIVE',
      maxUses: 1,
      uses: 0,
      nodeName: null,
      replaces: null,
      region: null,
      environment: null,
      tags: [],
      labels: [],
      createdBy: { name: 'admin of the test', keyPublicId: parseCredential(server.keys.ADMIN)!.publicId },
      lastUsedAt: null,
      revokedAt: null,
      agents: { totalCount: 0 },
    });
  });

  test('has what was asked for, each tag once and labels by name', async () => {
    const asked = {
      description: 'for the new rack',
      maxUses: 3,
      nodeName: 'db-*',
      region: 'eu',
      environment: 'production',
    };
    const labels = [
      { name: 'team', value: 'dba' },
      { name: 'rack', value: '' },
    ];
    const { token } = await issue({ ...asked, ttl: '2d', tags: ['b', 'a', 'b'], labels });
    expect(token).toMatchObject({ ...asked, tags: ['b', 'a'], labels: labels.toReversed() });
    expect(Date.parse(token.expiresAt) - Date.parse(token.createdAt)).toBeCloseTo(2 * 86_400_000, -4);
  });

  test('names the node that it replaces', async () => {
    const { nodeId } = await enrol(server.admin, { node: { name: 'to-be-replaced' } });
    const { token } = await issue({ replacesNodeId: nodeId.toUpperCase() });
    expect(token.replaces).toEqual({ id: nodeId, name: 'to-be-replaced' });
  });

  test('keeps its secret in the answer alone: no table has it', async () => {
    const { secret } = await issueToken(server.admin, { description: 'find me' });
    const tables = await server.database.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const contents = await Promise.all(
      tables.map(({ name }) =>
        server.database.query<{ text: string }>(`SELECT row_to_json(row)::text AS text FROM ${name} AS row`),
      ),
    );
    const dump = contents
      .flat()
      .map(({ text }) => text)
      .join('\n');
    const { publicId, secret: proof } = parseCredential(secret)!;
    // What must not be there is looked for where what may be there is found.
    expect(dump).toContain('find me');
    expect(dump).toContain(publicId);
    expect(dump).not.toContain(secret);
    expect(dump).not.toContain(proof);
    expect(dump).not.toContain(Buffer.from(proof).toString('hex'));
    expect(server.log.join('\n')).not.toContain(proof);
  });
});

const pair = (name: string, value = 'x') => ({ name, value });
const many = <Item>(count: number, item: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => item(index));
const WHOLE = { nodes: 'db-01', longest: 'n'.repeat(253) };

describe('issueRegistrationToken', () => {
  test.each<[string, Record<string, unknown>]>([
    ['the shortest time', { ttl: '1s' }],
    ['the longest time', { ttl: '30d' }],
    ['one use', { maxUses: 1 }],
    ['the most uses', { maxUses: 10_000 }],
    ['the longest description, counted in characters', { description: '😀'.repeat(500) }],
    ['a node name without a star', { nodeName: WHOLE.nodes }],
    ['the longest node name', { nodeName: WHOLE.longest }],
    ['a lone star', { nodeName: '*' }],
    ['stars anywhere', { nodeName: '*db*.eu_1-*' }],
    ['the longest region and environment', { region: 'r'.repeat(128), environment: 'e'.repeat(128) }],
    ['the most tags', { tags: many(64, (index) => `${'t'.repeat(125)}${index}`) }],
    ['the most labels', { labels: many(64, (index) => pair(`label_${index}`)) }],
    ['the longest label', { labels: [pair('n'.repeat(128), '😀'.repeat(1000))] }],
    ['labels like reserved ones', { labels: [pair('Job'), pair('node'), pair('_tags'), pair('constructor')] }],
    ['label values with line ends and of other scripts', { labels: [pair('motto', 'één\nzwei\ttrès')] }],
    [
      'null for everything that may be absent',
      many(1, () => ({
        description: null,
        ttl: null,
        nodeName: null,
        replacesNodeId: null,
        region: null,
        environment: null,
        tags: null,
        labels: null,
      }))[0]!,
    ],
  ])('takes %s', async (_, input) => {
    await expect(issue(input)).resolves.toMatchObject({ token: { status: 'ACTIVE' } });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no time', { ttl: '0s' }, 'input.ttl'],
    ['more than thirty days', { ttl: '2592001s' }, 'input.ttl'],
    ['no use', { maxUses: 0 }, 'input.maxUses'],
    ['fewer uses than none', { maxUses: -1 }, 'input.maxUses'],
    ['too many uses', { maxUses: 10_001 }, 'input.maxUses'],
    ['an empty description', { description: '' }, 'input.description'],
    ['too long a description', { description: 'd'.repeat(501) }, 'input.description'],
    ['a description with a control character', { description: 'a\u0000b' }, 'input.description'],
    ['a description that turns its direction', { description: 'a\u202Eb' }, 'input.description'],
    ['an empty node name', { nodeName: '' }, 'input.nodeName'],
    ['too long a node name', { nodeName: 'n'.repeat(254) }, 'input.nodeName'],
    ['another wildcard than the star', { nodeName: 'db-?' }, 'input.nodeName'],
    ['a node name with a space', { nodeName: 'db 1' }, 'input.nodeName'],
    ['a node name with a line end', { nodeName: 'db\n' }, 'input.nodeName'],
    ['an empty region', { region: '' }, 'input.region'],
    ['too long a region', { region: 'r'.repeat(129) }, 'input.region'],
    ['too long an environment', { environment: 'e'.repeat(129) }, 'input.environment'],
    ['an environment with a control character', { environment: 'a\u0007' }, 'input.environment'],
    ['too many tags', { tags: many(65, String) }, 'input.tags'],
    ['an empty tag', { tags: ['good', ''] }, 'input.tags.1'],
    ['too long a tag', { tags: ['t'.repeat(129)] }, 'input.tags.0'],
    ['a tag with half a character', { tags: ['\ud83d'] }, 'input.tags.0'],
    ['too many labels', { labels: many(65, (index) => pair(`label_${index}`)) }, 'input.labels'],
    ['a label twice', { labels: [pair('a'), pair('a', 'y')] }, 'input.labels.1'],
    ['a label without a name', { labels: [pair('')] }, 'input.labels.0'],
    ['a label whose name begins with a digit', { labels: [pair('1a')] }, 'input.labels.0'],
    ['a label with a dash', { labels: [pair('a-b')] }, 'input.labels.0'],
    ['a label of Prometheus itself', { labels: [pair('__address__')] }, 'input.labels.0'],
    ['too long a label name', { labels: [pair('n'.repeat(129))] }, 'input.labels.0'],
    ['too long a label value', { labels: [pair('a', 'v'.repeat(1001))] }, 'input.labels.0'],
    ['a label value with NUL', { labels: [pair('a', 'v\u0000')] }, 'input.labels.0'],
    ['a label value with half a character', { labels: [pair('a', '\ud83d')] }, 'input.labels.0'],
    [
      'a replacement with several uses',
      { replacesNodeId: '01900000-0000-7000-8000-000000000000', maxUses: 2 },
      'input.maxUses',
    ],
    [
      'a replacement with a node name',
      { replacesNodeId: '01900000-0000-7000-8000-000000000000', nodeName: 'db-01' },
      'input.nodeName',
    ],
  ])('refuses %s', async (_, input, path) => {
    const before = await wholeRoll(server.database);
    const { errors } = await server.admin(ISSUE, { input });
    expect(errors.map(({ extensions }) => extensions)).toEqual([
      { code: 'BAD_USER_INPUT', fields: [{ path, message: expect.stringMatching(/\.$/) }] },
    ]);
    expect(await wholeRoll(server.database)).toEqual(before);
  });

  test.each(
    `node_id node_name node_type machine_id container_id container_name node_model region az service_id service_name service_type
     environment cluster replication_set external_group agent_id agent_type instance job tags`.split(/\s+/),
  )('refuses the label %s, which Prometheus discovery sets itself', async (name) => {
    const { errors } = await server.admin(ISSUE, { input: { labels: [pair(name)] } });
    expect(errors[0]!.extensions['fields']).toMatchObject([{ path: 'input.labels.0' }]);
  });

  test('tells every fault at once', async () => {
    const { errors } = await server.admin(ISSUE, { input: { ttl: '0s', maxUses: 0, region: '', tags: [''] } });
    const fields = errors[0]!.extensions['fields'] as { path: string }[];
    expect(fields.map(({ path }) => path).toSorted()).toEqual([
      'input.maxUses',
      'input.region',
      'input.tags.0',
      'input.ttl',
    ]);
  });

  test.each(['01900000-0000-7000-8000-000000000000', 'db-01', '', '\u0000'])(
    'answers NOT_FOUND when the node to replace is %j, which is none',
    async (replacesNodeId) => {
      const before = await wholeRoll(server.database);
      expect(codes(await server.admin(ISSUE, { input: { replacesNodeId } }))).toEqual(['NOT_FOUND']);
      expect(await wholeRoll(server.database)).toEqual(before);
    },
  );
});

test('the time of a token without a wish is the one that the server is set to', async () => {
  const set = await startServer({ registrationToken: { defaultTtlSeconds: 90 } });
  try {
    const { token } = dataOf(await set.admin(ISSUE, { input: {} })).issueRegistrationToken;
    expect(Date.parse(token.expiresAt) - Date.parse(token.createdAt)).toBeCloseTo(90_000, -4);
  } finally {
    await set.stop();
  }
});

test.each(['editor', 'viewer', 'anonymous', 'agent'] as const)(
  '%s may not issue, revoke or see tokens',
  async (who) => {
    const { token } = await issueToken(server.admin);
    const client = who === 'agent' ? server.as((await enrol(server.admin)).secret) : server[who];
    const before = await wholeRoll(server.database);
    const refused = [who === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN'];
    const answers = [
      await client(ISSUE, { input: {} }),
      await client(`mutation { revokeRegistrationToken(input: { id: "${token.id}" }) { token { id } } }`),
      await client(`{ registrationToken(id: "${token.id}") { publicId } }`),
      await client('{ registrationTokens { totalCount } }'),
    ];
    expect(answers.map(codes)).toEqual([refused, refused, refused, refused]);
    expect(await wholeRoll(server.database)).toEqual(before);
  },
);
