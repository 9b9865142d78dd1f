const times = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(' ');

/** `part` in itself, so many times. */
const deep = (count: number, open: string, close: string): string => open.repeat(count) + close.repeat(count);

/** Documents that would cost much to parse, to validate or to execute, and what of them is beyond its bound. */
export const HOSTILE_DOCUMENTS: [name: string, text: string, limit: string][] = [
  ['10,000 aliases', `{ ${times(10_000, (index) => `a${index}: __typename`)} }`, 'limits.tokens'],
  ['1,600 aliases', `{ ${times(1600, (index) => `a${index}: __typename`)} }`, 'limits.aliases'],
  ['10,000 directives', `{ version ${'@skip(if: false) '.repeat(10_000)} { version } }`, 'limits.tokens'],
  ['2,000 directives that nobody knows', `{ version ${'@unknown '.repeat(2000)} { version } }`, 'limits.directives'],
  [
    'directives on variables',
    `query (${times(60, (index) => `$v${index}: Int @a`)}) { __typename }`,
    'limits.directives',
  ],
  [
    'directives on fragments',
    `{ __typename } fragment F on Query ${'@a '.repeat(60)} { __typename }`,
    'limits.directives',
  ],
  ['5,000 equal fields', `{ ${'__typename '.repeat(5000)} }`, 'limits.tokens'],
  ['4,900 equal fields', `{ ${'__typename '.repeat(4900)} }`, 'repetitions'],
  ['1,200 equal objects', `{ ${'version { version } '.repeat(1200)} }`, 'repetitions'],
  ['equal fields in inline fragments', `{ ${'... { __typename } '.repeat(1200)} }`, 'repetitions'],
  [
    'equal fields in fragments',
    `{ ${times(500, (index) => `...F${index}`)} } ${times(500, (index) => `fragment F${index} on Query { __typename }`)}`,
    'repetitions',
  ],
  [
    'equal fields in two fragments of one name',
    `{ ...F } ${`fragment F on Query { ${'__typename '.repeat(2000)} } `.repeat(2)}`,
    'repetitions',
  ],
  [
    'fragments that double',
    `{ ...F0 } ${times(40, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)} fragment F40 on Query { __typename }`,
    'limits.tokens',
  ],
  [
    'fragments that spread all others',
    `{ ...F0 } ${times(60, (index) => `fragment F${index} on Query { ${times(60, (other) => `...F${other}`)} }`)}`,
    'limits.tokens',
  ],
  [
    'fragments in a long chain',
    `{ ...F0 } ${times(500, (index) => `fragment F${index} on Query { ...F${index + 1} }`)} fragment F500 on Query { __typename }`,
    'nesting',
  ],
  [
    'many operations over many fragments',
    `${times(300, (index) => `query Q${index} { ...F0 }`)} ${times(60, (index) => `fragment F${index} on Query { ...F${index + 1} }`)} fragment F60 on Query { __typename }`,
    'limits.tokens',
  ],
  [
    'fragments of a field each in one place',
    `{ ${times(200, (index) => `...F${index}`)} } ${times(200, (index) => `fragment F${index} on Query { a${index} }`)}`,
    'repetitions',
  ],
  ['a name of 250,000 letters', `query ${'Q'.repeat(250_000)} { __typename }`, 'names'],
  ['deep fields', `{ ${deep(1600, 'a {', '}')} }`, 'nesting'],
  ['fields that are a little too deep', `{ ${deep(16, 'a {', '}').replace('{}', '{ a }')} }`, 'limits.depth'],
  ['deep inline fragments', `{ ${deep(1600, '... {', '}')} }`, 'nesting'],
  ['deep lists', `{ nodes(filter: { ids: ${deep(2400, '[', ']')} }) { totalCount } }`, 'nesting'],
  ['deep objects', `{ nodes(filter: ${deep(1200, '{ not: ', '}')}) { totalCount } }`, 'nesting'],
  ['deep types', `query ($v: ${deep(2400, '[', ']')}) { __typename }`, 'nesting'],
  ['braces alone', '{'.repeat(100_000), 'nesting'],
  ['50,000 comments', `{ __typename } ${'#\n'.repeat(50_000)}`, 'limits.tokens'],
  ['50,000 names', 'name '.repeat(50_000), 'limits.tokens'],
];
