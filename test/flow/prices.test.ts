import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

let stack: Stack;
let token: string;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-prices-'));
  stack = await Stack.start();
  token = await stack.token('acme-app');
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await stack.remove();
});

async function price(...args: string[]) {
  const { code, stdout, stderr } = await stack.cli('price', ...args);
  return { code, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function list(...args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await price('list', '--format', 'json', ...args);
  return (JSON.parse(stdout) as { prices: Record<string, unknown>[] }).prices;
}

/** One token in, two out. */
async function call(model: string): Promise<void> {
  expect(await stack.converse(token, model, 'one')).toBe(200);
}

async function bill(model: string): Promise<Record<string, unknown>> {
  const run = await stack.cli('meter', 'run');
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0 });
  const { stdout } = await stack.cli('report', '--tenant', 'acme', '--format', 'json');
  const rows = JSON.parse(stdout || '[]') as Record<string, unknown>[];
  return rows.find((row) => row.model_id === model) ?? {};
}

describe('a price that is set', () => {
  test('is what the next call costs, and the one before it keeps its own', async () => {
    await call('nova-lite');
    const set = await price('set', 'nova-lite', '--input', '1000', '--output', '2000', '--version', 'dear');
    expect(set).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^model nova-lite: dear, any region, on-demand, .*: added\n$/),
    });
    await call('nova-lite');
    const cost = Number((await bill('nova-lite')).total_cost);
    const before = (0.06 + 2 * 0.24) / 1e6;
    const after = (1000 + 2 * 2000) / 1e6;
    expect(cost.toFixed(12)).toBe((before + after).toFixed(12));
  });

  test('the same again is no new version', async () => {
    const again = await price('set', 'nova-lite', '--input', '1000.0', '--output', '2000');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/: unchanged\n$/) });
  });

  test('of a later date waits for it', async () => {
    await price(
      'set',
      'nova-lite',
      '--input',
      '5',
      '--from',
      '2099-01-01',
      '--tier',
      'batch',
      '--in-region',
      'eu-west-1',
    );
    expect(await list('--model', 'nova-lite', '--at', '2098-12-31')).toHaveLength(1);
    expect(await list('--model', 'nova-lite', '--at', '2099-01-01')).toContainEqual({
      model: 'nova-lite',
      version: '2099-01-01',
      from: '2099-01-01T00:00:00.000Z',
      region: 'eu-west-1',
      tier: 'batch',
      usdPerMillion: { input: '5' },
    });
  });

  test('is removed by its name', async () => {
    const where = ['--tier', 'batch', '--in-region', 'eu-west-1'];
    expect(await price('remove', 'nova-lite', '--version', '2099-01-01')).toMatchObject({ code: 1 });
    expect(await price('remove', 'nova-lite', '--version', '2099-01-01', ...where)).toMatchObject({ code: 0 });
  });

  test('with a negative rate is refused, and nothing is changed', async () => {
    const before = await list();
    expect(await price('set', 'nova-lite', '--input', '-1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('tollgate: --input: negative; it must be dollars'),
    });
    expect(await list()).toEqual(before);
  });
});

describe('a file of prices', () => {
  const GOOD =
    'model,from,input,output\nllama-3-3-70b,2026-01-01,0.9,0.9\nclaude-v2,2026-01-01,9,25\nnobody,2026-01-01,1,1\n';

  test('what it would do is told, and nothing done, by --dry-run', async () => {
    const before = await list();
    const { code, stdout, stderr } = await price('import', file('dry.csv', GOOD), '--dry-run');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout:
        'claude-v2: 2026-01-01, any region, on-demand, from 2026-01-01: added\n' +
        'llama-3-3-70b: 2026-01-01, any region, on-demand, from 2026-01-01: added\n' +
        'would be: 2 added, 0 corrected, 0 unchanged; nothing was applied\n',
      stderr: 'not matched: nobody (1 of its prices): no such model\n' + 'tollgate: --dry-run: nothing was changed\n',
    });
    expect(await list()).toEqual(before);
  });

  test('with one bad entry nothing of it is applied, and each bad one is named with file, line and field', async () => {
    const before = await list();
    const path = file('bad.csv', `${GOOD}claude-sonnet-4-5,2026-01-01,-3,15\nnova-lite,2026-01-01,NaN,1\n`);
    const { code, stderr } = await price('import', path);
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}:5: input: negative\n${path}:6: input: not a number\n`);
    expect(stderr).toContain('2 bad entries: nothing was applied');
    expect(await list()).toEqual(before);
  });

  test('with --skip-bad the good ones are all applied, and it still says that some were bad', async () => {
    const path = file('skip.csv', `${GOOD}claude-sonnet-4-5,2026-01-01,-3,15\n`);
    const { code, stdout, stderr } = await price('import', path, '--skip-bad');
    expect({ code, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({
      code: 1,
      last: '2 added, 0 corrected, 0 unchanged',
    });
    expect(stderr).toContain(`${path}:5: input: negative`);
    expect(await list('--model', 'claude-v2', '--at', '2026-06-01')).toMatchObject([{ usdPerMillion: { input: '9' } }]);
  });

  test('again it changes nothing', async () => {
    expect(await price('import', file('again.csv', GOOD))).toMatchObject({
      code: 0,
      stdout: '0 added, 0 corrected, 2 unchanged\n',
    });
  });

  test('what list prints, in either format, is what import reads', async () => {
    for (const format of ['csv', 'json']) {
      const { stdout } = await price('list', '--format', format);
      const { code, stdout: said } = await price('import', file(`all.${format}`, stdout));
      expect({ code, said }).toEqual({
        code: 0,
        said: expect.stringMatching(/^0 added, 0 corrected, \d+ unchanged\n$/),
      });
    }
  });

  test('AWS’s own lists and the prices that come with Tollgate are taken, and a map names what they call otherwise', async () => {
    const cases = new URL('../cases/', import.meta.url).pathname;
    const map = file('map.json', '{"Nova 2.0 Lite": "nova-lite", "Nova Lite": null}');
    for (const name of ['prices-aws-bedrock.json', 'prices-aws-foundation-models.json', 'prices-guidance-models.json'])
      expect(await price('import', `${cases}${name}`, '--map', map)).toMatchObject({ code: 0 });
    expect(await list('--model', 'nova-lite')).toContainEqual(
      expect.objectContaining({ region: 'us-east-1', usdPerMillion: { input: '0.33', output: '2.75' } }),
    );
    expect(await price('import', '--starter')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^\d+ of its models are not in the registry\n$/),
    });
    expect(await price('set', 'nova-lite', '--input', '7')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^tollgate: calls in us-east-1 still pay 2026-11-01, which names their region\ntollgate: no --output, .*unpriced\n$/,
      ),
    });
  });

  test.each([
    [['import'], 2],
    [['import', 'x.csv', '--starter'], 2],
    [['import', '/nowhere/at-all.csv'], 1],
  ])('%j is no import', async (args, code) => expect((await price(...args)).code).toBe(code));
});
