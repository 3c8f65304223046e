import { isBuiltin } from 'node:module';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { bundleOf } from '../../infra/bundling.ts';
import { loadedAtStart } from './loaded.ts';

/** Bytes: what a start loads, and what is deployed. Lambda's cold start grows with what it has to read and parse. */
const MAX_BYTES: Record<string, [start: number, deployed: number]> = {
  admin: [600_000, 960_000],
  alerts: [480_000, 590_000],
  authorizer: [290_000, 403_000],
  broker: [330_000, 430_000],
  invoke: [450_000, 900_000],
  metering: [500_000, 642_000],
  pages: [14_000, 14_000],
  pool: [14_000, 14_000],
  seal: [170_000, 220_000],
  sync: [500_000, 600_000],
};

describe('what a function is made of', () => {
  test.each(Object.entries(MAX_BYTES))('%s fits into its size', async (name, [start, deployed]) => {
    const { metafile } = await build({ ...bundleOf(name), outdir: 'out', write: false, metafile: true });
    const { outputs } = metafile;
    const bytes = (paths: string[]): number => paths.reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
    const first = loadedAtStart(metafile);
    expect(bytes(first)).toBeLessThan(start);
    expect(bytes(Object.keys(outputs))).toBeLessThan(deployed);
    expect(outputs['out/index.mjs']?.exports).toContain('handler');
    const left = Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
    for (const { path } of left) expect(isBuiltin(path), `${path} would be missing in Lambda`).toBe(true);
    const stood = /^infra\/(?:lambda-credentials|no-browser|no-discovery|one-region)\.ts$/;
    const inputs = Object.keys(metafile.inputs).filter((path) => !stood.test(path));
    expect(inputs.filter((path) => /^(local|infra|cli|test)\//.test(path))).toEqual([]);
    // Of a collector of spans nothing is loaded before one is named.
    const loaded = first.flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
    expect(loaded.filter((path) => /^invoke\/traces\/|\/otlp\.ts$/.test(path))).toEqual([]);
  });
});
