import { coalesced } from '../../src/database/look-up';
import { Unavailable } from '../../src/errors';
import { eventually } from './embedded/data-folders';

interface Row {
  public_id: string;
  value: number;
}

/** What is stored, and the statements that were run; each is answered when the test says so. */
function table(rows: Record<string, number>) {
  const statements: { publicIds: readonly string[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const find = coalesced<Row>((publicIds) => {
    // As a database does: what it sees is what was there when the statement began.
    const seen = { ...rows };
    return new Promise((resolve, reject) => {
      const found = [...new Set(publicIds)]
        .filter((id) => id in seen)
        .map((id) => ({ public_id: id, value: seen[id]! }));
      statements.push({ publicIds, answer: () => resolve(found), fail: reject });
    });
  });
  return { rows, statements, find };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('one alone is looked up at once', async () => {
  const { find, statements } = table({ a: 1 });
  const found = find('a');
  await turn();
  statements[0]!.answer();
  expect(await found).toEqual({ public_id: 'a', value: 1 });
  expect(await Promise.all([find('a'), turn().then(() => statements[1]!.answer())])).toMatchObject([{ value: 1 }, {}]);
});

test('those that come while a statement runs go together in the next one, and each gets its own', async () => {
  const { find, statements } = table({ a: 1, b: 2, c: 3 });
  const first = find('a');
  await turn();
  const later = ['b', 'unknown', 'c', 'b', 'a'].map((id) => find(id));
  await turn();
  expect(statements).toHaveLength(1);
  statements[0]!.answer();
  expect(await first).toMatchObject({ value: 1 });
  await turn();
  expect(statements).toHaveLength(2);
  expect(statements[1]!.publicIds).toEqual(['b', 'unknown', 'c', 'b', 'a']);
  statements[1]!.answer();
  expect((await Promise.all(later)).map((row) => row?.value)).toEqual([2, undefined, 3, 2, 1]);
});

test('a look-up sees what was there before it, though a statement was running that does not', async () => {
  const { find, statements, rows } = table({ a: 1 });
  const before = find('a');
  await turn();
  rows['a'] = 2;
  const after = find('a');
  statements[0]!.answer();
  expect(await before).toMatchObject({ value: 1 });
  await turn();
  statements[1]!.answer();
  expect(await after).toMatchObject({ value: 2 });
});

test('a statement that fails fails for those in it alone', async () => {
  const { find, statements } = table({ a: 1, b: 2 });
  const first = find('a');
  await turn();
  const second = find('b');
  statements[0]!.fail(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  await turn();
  statements[1]!.answer();
  expect(await second).toMatchObject({ value: 2 });
});

test('a statement that is not answered is not waited for long', async () => {
  const { find, statements } = table({ b: 2 });
  void find('a');
  await turn();
  const asked = performance.now();
  const second = find('b');
  await eventually(async () => statements.length === 2);
  expect(performance.now() - asked).toBeGreaterThan(90);
  statements[1]!.answer();
  expect(await second).toMatchObject({ value: 2 });
});

test('while three statements are not answered no fourth is begun, and who waits for it is told so in good time', async () => {
  const { find, statements } = table({ d: 4 });
  for (const [index, id] of ['a', 'b', 'c'].entries()) {
    void find(id);
    await eventually(async () => statements.length === index + 1);
  }
  await expect(find('d')).rejects.toThrow(Unavailable);
  expect(statements).toHaveLength(3);
  const next = find('d');
  statements[1]!.answer();
  await eventually(async () => statements.length === 4);
  statements[3]!.answer();
  expect(await next).toMatchObject({ value: 4 });
});

test('a statement has eight at most, and three run at once', async () => {
  const { find, statements } = table({});
  const all = Array.from({ length: 41 }, (_, index) => find(`${index}`));
  await turn();
  expect(statements).toHaveLength(3);
  for (let answered = 0; answered < 6; answered++) {
    await eventually(async () => statements.length > answered);
    statements[answered]!.answer();
  }
  expect(await Promise.all(all)).toHaveLength(41);
  expect(statements.map(({ publicIds }) => publicIds.length)).toEqual([8, 8, 8, 8, 8, 1]);
});
