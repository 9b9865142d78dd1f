import { parse } from 'yaml';
import { CommandFailure, failureText } from '../../src/cli/failure';
import { properties, table, yaml } from '../../src/cli/output';
import { ExitCode } from '../../src/exit-code';
import { json } from '../../src/json-text';
import { printable } from '../../src/safe-text';
import { relative } from '../../src/cli/time';

const HOSTILE = 'db\u001b[2J\u009b31m\u202e\u2028\r\nx\u0000';

/** Whether a terminal would obey anything in it; line feeds are ours. */
function isHarmless(text: string): boolean {
  return !/[^\n\P{C}]|[\p{Zl}\p{Zp}]/u.test(text);
}

describe('a table', () => {
  it('aligns its columns and leaves no spaces at the end of a line', () => {
    const text = table(
      ['NAME', 'STATUS'],
      [
        ['a-long-name', 'UP'],
        ['b', ''],
        ['žluť', 'DOWN'],
      ],
    );
    expect(text.split('\n')).toEqual(['NAME         STATUS', 'a-long-name  UP', 'b', 'žluť         DOWN']);
  });

  it('shows what a server sent without what a terminal would obey, each record in one line', () => {
    const text = table(['NAME'], [[HOSTILE]]);
    expect(text.split('\n')).toHaveLength(2);
    expect(isHarmless(text)).toBe(true);
  });
});

describe('properties', () => {
  it('leave out what there is none of', () => {
    expect(
      properties([
        ['Name', 'db-1'],
        ['Zone', null],
        ['Tags', ''],
        ['OS', 'linux/amd64'],
      ]),
    ).toBe('Name:  db-1\nOS:    linux/amd64');
  });
});

describe('output for programs', () => {
  const value = { [HOSTILE]: HOSTILE, list: [] as string[], multiline: 'a\nb' };

  it('is harmless and exact as JSON', () => {
    expect(isHarmless(json(value))).toBe(true);
    expect(JSON.parse(json(value))).toEqual(value);
  });

  it('is harmless and exact as YAML', () => {
    expect(isHarmless(yaml(value))).toBe(true);
    expect(parse(yaml(value))).toEqual(value);
  });

  it('is plain YAML where nothing needs escapes', () => {
    expect(yaml({ name: 'db-1', version: '16.2', tags: ['a'] })).toBe('name: db-1\nversion: "16.2"\ntags:\n  - a');
  });
});

describe('a printable text', () => {
  it('keeps letters of all scripts and turns line breaks into spaces', () => {
    expect(printable('Größe 大\r\nzwei')).toBe('Größe 大 zwei');
  });
});

describe('a failure', () => {
  const failure = new CommandFailure(ExitCode.FAILURE, 'BAD_USER_INPUT', 'The input is not good.', {
    hint: 'See --help.',
    requestId: 'req-7',
    fields: [{ path: 'ttl', message: 'must be 30d at most\u001b[2J' }],
  });

  it('is told to people with its remedy, each field and the request', () => {
    expect(failureText(failure, 'table')).toBe(
      'rollcall: The input is not good. See --help.\n  ttl: must be 30d at most[2J\n(request req-7)',
    );
  });

  it('is told to programs as one object', () => {
    expect(JSON.parse(failureText(failure, 'json'))).toEqual({
      error: {
        code: 'BAD_USER_INPUT',
        message: 'The input is not good.',
        hint: 'See --help.',
        requestId: 'req-7',
        retryable: false,
        fields: [{ path: 'ttl', message: 'must be 30d at most\u001b[2J' }],
      },
    });
  });
});

describe('a relative time', () => {
  const now = Date.parse('2026-01-02T00:00:00.000Z');

  it.each([
    [null, 'never'],
    ['2026-01-02T00:00:00.400Z', 'now'],
    ['2026-01-01T23:59:59.000Z', '1s ago'],
    ['2026-01-01T23:57:00.000Z', '3m ago'],
    ['2026-01-02T01:59:59.000Z', 'in 1h'],
    ['2025-12-01T00:00:00.000Z', '32d ago'],
  ])('of %s is %s', (instant, expected) => {
    expect(relative(instant, now)).toBe(expected);
  });
});
