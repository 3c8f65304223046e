import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import cases from '../cases/security.json' with { type: 'json' };
import { brokenFiles, type Report, render, tabulate } from './table.ts';

/**
 * `npm run test:security`: runs every test file that holds a numbered case and prints the cases with their outcome. Exits
 * 1 if one failed, was skipped, or has no test.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A number in a test's name, or names that come from a file of cases. */
const NUMBERED = /['"`][JTPSD]\d{1,2}[ :,]|\$id/;

async function run(files: readonly string[], output: string): Promise<Report> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--reporter=json', `--outputFile=${output}`, ...files];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(readFileSync(output, 'utf8')) as Report;
}

const files = globSync('test/**/*.test.ts', { cwd: root, exclude: ['test/oracle/node_modules/**'] })
  .filter((file) => NUMBERED.test(readFileSync(join(root, file), 'utf8')))
  .sort();
const folder = mkdtempSync(join(tmpdir(), 'tollgate-security-'));
try {
  const report = await run(files, join(folder, 'report.json'));
  const rows = tabulate(cases, report);
  const failed = rows.flatMap((row) => row.failed);
  const broken = brokenFiles(report);
  const notGood = rows.filter(({ outcome }) => outcome !== 'pass').length;
  process.stdout.write(`${render(rows)}\n\n`);
  for (const line of [...new Set(failed), ...broken]) process.stdout.write(`failed: ${line}\n`);
  process.stdout.write(`${rows.length - notGood} of ${rows.length} cases pass, in ${files.length} files of tests\n`);
  process.exitCode = notGood === 0 && broken.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
