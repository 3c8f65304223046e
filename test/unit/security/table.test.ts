import { describe, expect, test } from 'vitest';
import cases from '../../cases/security.json' with { type: 'json' };
import { brokenFiles, idsOf, type Report, render, tabulate } from '../../security/table.ts';

const report = (...tests: [title: string, status: string][]): Report => ({
  testResults: [
    {
      name: 'a.test.ts',
      assertionResults: tests.map(([fullName, status]) => {
        const [title = '', ...groups] = fullName.split(' > ').reverse();
        return { ancestorTitles: groups, title, fullName, status };
      }),
    },
  ],
});

describe('the cases of the review', () => {
  test('are all there, each once', () => {
    const numbers = { J: 16, T: 10, P: 11, S: 5, D: 7 };
    const all = Object.entries(numbers).flatMap(([letter, n]) =>
      Array.from({ length: n }, (_, i) => `${letter}${i + 1}`),
    );
    expect(cases.map(({ id }) => id)).toEqual(all);
  });

  test.each([
    ['J2: alg none', ['J2']],
    ['D1 a refused connection', ['D1']],
    ['P1 P4 P5: allows', ['P1', 'P4', 'P5']],
    ['P1, P10 and T6: allows', ['P1', 'P10', 'T6']],
    ['S3', []],
    ['T80x is no case', []],
    ['a test that mentions J2: later', []],
    ['P256: a curve', []],
  ])('are named by how a test begins: %s', (title, ids) => {
    expect(idsOf(title)).toEqual(ids);
  });

  test('pass when one of their tests ran and none failed', () => {
    const four = ['J1', 'J2', 'J3', 'J4'].map((id) => ({ id, sentence: `what ${id} says` }));
    const rows = tabulate(
      four,
      report(
        ['J1 a', 'passed'],
        ['J1 b', 'pending'],
        ['J2: a', 'passed'],
        ['J2: a group > fails', 'failed'],
        ['J4 a', 'pending'],
      ),
    );
    expect(rows.map(({ outcome }) => outcome)).toEqual(['pass', 'FAIL', 'MISSING', 'SKIPPED']);
    expect(rows[1]?.failed).toEqual(['J2: a group > fails']);
    const lines = render(rows).split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[1]).toMatch(/^J1 .*1 \(\+1 skipped\) +pass +what J1 says$/);
  });

  test('are not passed by a file that did not load', () => {
    const broken = {
      testResults: [{ name: 'b.test.ts', status: 'failed', message: 'no module', assertionResults: [] }],
    };
    expect(brokenFiles(broken)).toEqual(['b.test.ts: no module']);
    expect(brokenFiles(report(['J1 a', 'failed']))).toEqual([]);
  });
});
