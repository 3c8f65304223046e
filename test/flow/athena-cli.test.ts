import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Aws, startAws } from '../../local/aws/start.ts';
import { createOperator, type Operator } from '../../local/operator.ts';
import { usageLine } from '../../metering/emf.ts';
import { openCatalogue, portable } from '../infra/sql.ts';
import { finished, NINE } from '../unit/metering/support.ts';
import { command, type Ran } from './command.ts';

const ACCOUNT = { account: '111122223333', region: 'us-east-1' };

let folder: string;
let aws: Aws;
let operator: Operator;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-athena-'));
  aws = await startAws({ port: 0, dataDir: folder, ...ACCOUNT });
  operator = createOperator({ awsUrl: aws.url, clock: () => NINE, ...ACCOUNT });
  await operator.provision();
  const urls = { gateway: 'http://127.0.0.1:9', issuer: 'http://127.0.0.1:9', aws: aws.url };
  writeFileSync(join(folder, 'local.json'), JSON.stringify({ ...urls, pid: process.pid }));
});

afterAll(async () => {
  operator.close();
  await aws.close();
  rmSync(folder, { recursive: true });
});

function tollgate(...args: string[]): Promise<Ran> {
  return command(folder, ['athena', ...args]);
}

describe('statements for Athena', () => {
  test('unload has the registry’s prices in it, and says when lines may still come', async () => {
    const days = ['--from', '2026-11-21', '--to', '2099-12-31'];
    expect((await tollgate('unload', ...days)).stderr).toMatch(
      /^tollgate: --to must be from 0 to 99 days after --from\.\n$/,
    );
    const { code, stdout } = await tollgate('unload', '--from', '2026-11-21', '--to', '2026-11-21');
    expect(code).toBe(0);
    expect(stdout).toContain("TO 's3://tollgate-query/unload/2026-11-21_2026-11-21/'");
    const select = stdout.slice(stdout.indexOf('WITH lines'), stdout.indexOf('\n)\nTO '));
    const catalogue = openCatalogue();
    catalogue.insert('raw_lines', { dt: '2026-11-21', hour: 9n, line: usageLine(finished({ at: NINE + 1 })) });
    const [row] = catalogue.all(portable(select));
    // nova-lite as the demo registry prices it.
    expect(row).toMatchObject({ model_id: 'nova-lite', invocations: 1n, unpriced: 0n, input_tokens: 10n });
    expect(Number(row?.total_cost)).toBeGreaterThan(0);
  });

  test('the folder may be another one', async () => {
    const days = ['--from', '2026-11-21', '--to', '2026-11-21'];
    for (const folder of ['mine/here/', 's3://mine/here', 's3://mine', "s3://mine/it's/", ''])
      expect(await tollgate('unload', ...days, '--output', folder), folder).toMatchObject({ code: 1, stdout: '' });
    const { stdout, stderr } = await tollgate('unload', ...days, '--output', 's3://mine/here/');
    expect(stdout).toContain("TO 's3://mine/here/'");
    const late = Date.now() < Date.UTC(2026, 10, 24);
    expect(stderr.includes('may still come until 2026-11-24T00:00:00.000Z')).toBe(late);
  });

  test('quarantined names the lines that cannot be used', async () => {
    const { stdout } = await tollgate('quarantined', '--from', '2026-11-21', '--to', '2026-11-21');
    const catalogue = openCatalogue();
    catalogue.insert('raw_lines', { dt: '2026-11-21', hour: 9n, line: 'torn{' });
    expect(catalogue.all(portable(stdout))).toMatchObject([{ line: 'torn{' }]);
  });
});
