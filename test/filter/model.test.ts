import { createDatabase, type TestDatabase } from '../support/database';
import { makeNode } from '../support/inventory';
import { reader, type Reader } from '../support/reader';

interface Text {
  eq?: string;
  in?: string[];
  contains?: string;
  startsWith?: string;
}

interface Filter {
  name?: Text;
  region?: Text;
  environment?: Text;
  tags?: string[];
  labels?: { name: string; in?: string[] }[];
  type?: string[];
  and?: Filter[];
  or?: Filter[];
  not?: Filter;
}

interface Row {
  id?: string;
  name: string;
  type: string;
  region: string | null;
  environment: string | null;
  tags: string[];
  labels: Record<string, string>;
}

/** The contract's conventions on filters, in TypeScript. */
function holds(filter: Filter, row: Row): boolean {
  const { name, region, environment, tags, labels, type, and, or, not } = filter;
  return [
    matches(name, row.name),
    matches(region, row.region),
    matches(environment, row.environment),
    tags === undefined || tags.every((tag) => row.tags.includes(tag)),
    labels === undefined ||
      labels.every(({ name: label, in: values }) => {
        const value = row.labels[label];
        return value !== undefined && (values === undefined || values.includes(value));
      }),
    type === undefined || type.includes(row.type),
    and === undefined || and.every((inner) => holds(inner, row)),
    or === undefined || or.some((inner) => holds(inner, row)),
    not === undefined || !holds(not, row),
  ].every(Boolean);
}

function matches(filter: Text | undefined, text: string | null): boolean {
  if (filter === undefined) return true;
  const { eq, in: texts, contains, startsWith } = filter;
  const asked = [eq, texts, contains, startsWith].some((one) => one !== undefined);
  if (text === null) return !asked;
  const lower = text.toLowerCase();
  return (
    (eq === undefined || text === eq) &&
    (texts === undefined || texts.includes(text)) &&
    (contains === undefined || lower.includes(contains.toLowerCase())) &&
    (startsWith === undefined || lower.startsWith(startsWith.toLowerCase()))
  );
}

/** Numbers from 0 to 1, the same at each run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = numbers(20_261_120);
const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
const some = <T>(all: readonly T[]): T[] => all.filter(() => random() < 0.4);
const maybe = <T>(share: number, make: () => T): T | undefined => (random() < share ? make() : undefined);
const given = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;

const TEXTS = ['prod', 'Prod', 'PROD-eu', 'pre_prod', 'p%d', 'eu\\west', 'EU-West', 'eu', ''];
const PARTS = ['pro', 'ROD', 'p%d', 'e_p', '\\we', 'west', '%', '_', '\\', ''];
const WORDS = ['a', 'b', 'c'];

function randomRow(index: number): Row {
  return {
    name: `${pick(['web', 'Web', 'db_'])}-${index}x`,
    type: pick(['GENERIC', 'CONTAINER']),
    region: pick([null, ...TEXTS]),
    environment: pick([null, ...TEXTS]),
    tags: some(WORDS),
    labels: Object.fromEntries(some(WORDS).map((label) => [label, pick(WORDS)])),
  };
}

function randomText(texts: readonly string[]): Text {
  const conditions: Text[] = [
    { eq: pick(texts) },
    { in: some(texts) },
    { contains: pick(PARTS.filter((part) => part.length > 2)) },
    { startsWith: pick(PARTS) },
  ];
  return Object.assign({}, ...Array.from({ length: pick([0, 1, 1, 1, 1, 2]) }, () => pick(conditions))) as Text;
}

/** The conditions that a filter can have of its own, each made at random. */
const OWN: (() => Filter)[] = [
  () => ({ name: randomText(['web-1x', 'Web-2x']) }),
  () => ({ region: randomText(TEXTS) }),
  () => ({ environment: randomText(TEXTS) }),
  () => ({ tags: some(WORDS) }),
  () => ({ labels: some(WORDS).map((name) => given({ name, in: maybe(0.6, () => some(WORDS))! })) }),
  () => ({ type: some(['GENERIC', 'CONTAINER', 'REMOTE']) }),
];

function randomFilter(levels: number): Filter {
  const inner = () => randomFilter(levels - 1);
  const several = () => Array.from({ length: pick([0, 1, 2, 2, 2, 3, 3, 3]) }, inner);
  const own = Array.from({ length: pick([0, 1, 1, 1, 2]) }, () => pick(OWN)());
  const share = levels > 1 ? 0.35 : 0;
  const combined = given<Filter>({
    and: maybe(share, several)!,
    or: maybe(share, several)!,
    not: maybe(share, inner)!,
  });
  return Object.assign(combined, ...own) as Filter;
}

let database: TestDatabase;
let read: Reader;
const rows = Array.from({ length: 60 }, (_, index) => randomRow(index));

beforeAll(async () => {
  database = await createDatabase();
  read = reader(database);
  for (const row of rows) row.id = await makeNode(database, { ...row });
});
afterAll(() => database.drop());

test('400 random filters leave the nodes that the conventions say, no more and no fewer', async () => {
  let selective = 0;
  for (let count = 0; count < 400; count++) {
    const filter = randomFilter(3);
    const { nodes } = await read(
      'query ($filter: NodeFilter) { nodes(filter: $filter, first: 200) { nodes { name } } }',
      {
        filter,
      },
    );
    const expected = rows.filter((row) => holds(filter, row)).map(({ name }) => name);
    const found = nodes.nodes.map(({ name }: { name: string }) => name);
    expect({ filter, names: found.toSorted() }).toEqual({ filter, names: expected.toSorted() });
    if (expected.length > 0 && expected.length < rows.length) selective += 1;
  }
  // Filters that leave all or nothing prove little.
  expect(selective).toBeGreaterThan(100);
});
