/** The cases of the security review by number, and what a test run said about each. */

export interface SecurityCase {
  /** A letter and a number, e.g. `J2`. */
  readonly id: string;
  readonly sentence: string;
}

/** The parts of vitest's JSON report that are used. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly status?: string;
    readonly assertionResults: readonly TestResult[];
  }[];
}
interface TestResult {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly fullName: string;
  readonly status: string;
}

export interface Row extends SecurityCase {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: number;
  readonly outcome: 'pass' | 'FAIL' | 'MISSING' | 'SKIPPED';
}

const ID = /[JTPSD]\d{1,2}/;
const LEADING = new RegExp(`^(?:${ID.source})(?:(?:, ?| and | )(?:${ID.source}))*(?=[: ])`);

/** @returns the numbers that the name of a test, or of a group of tests, begins with: one (`J2 ...`, `J2: ...`) or several (`P1 P4: ...`) */
export function idsOf(title: string): string[] {
  return LEADING.exec(title)?.[0].match(new RegExp(ID, 'g')) ?? [];
}

/** A case passes when at least one test of its number ran, and none of them failed. */
export function tabulate(cases: readonly SecurityCase[], report: Report): Row[] {
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return cases.map((item) => {
    const own = tests.filter(({ ancestorTitles, title }) =>
      [...ancestorTitles, title].flatMap(idsOf).includes(item.id),
    );
    const failed = own.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    const passed = own.filter(({ status }) => status === 'passed').length;
    const outcome = failed.length > 0 ? 'FAIL' : passed > 0 ? 'pass' : own.length > 0 ? 'SKIPPED' : 'MISSING';
    return { ...item, passed, failed, skipped: own.length - passed - failed.length, outcome };
  });
}

/** Files that did not load, whose tests are therefore in no row. */
export function brokenFiles(report: Report): string[] {
  return report.testResults
    .filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
    .map(({ name, message }) => `${name}: ${message ?? ''}`);
}

/** The table as text, one line a case. */
export function render(rows: readonly Row[]): string {
  const lines = rows.map(({ id, passed, failed, skipped, outcome, sentence }) => {
    const counts = `${passed + failed.length}${skipped > 0 ? ` (+${skipped} skipped)` : ''}`;
    return `${id.padEnd(5)}${counts.padStart(5)}  ${outcome.padEnd(8)} ${sentence}`;
  });
  return ['case  tests  outcome  what', ...lines].join('\n');
}
