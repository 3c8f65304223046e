import { isBuiltin } from 'node:module';
import { build, type Metafile } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { bundleOf } from '../../infra/bundling.ts';

/** Bytes: what a start loads, and what is deployed. Lambda's cold start grows with what it has to read and parse. */
const MAX_BYTES: Record<string, [start: number, deployed: number]> = {
  authorizer: [290_000, 403_000],
  broker: [330_000, 430_000],
  invoke: [452_000, 666_000],
  metering: [500_000, 642_000],
  seal: [170_000, 220_000],
};

/** The files that are loaded before the handler is called: the first, and what it imports without being asked. */
function loadedAtStart({ outputs }: Metafile): string[] {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
      if (!external && kind === 'import-statement') load(next);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (entryPoint?.endsWith('/handler.ts')) load(path);
  return [...loaded];
}

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
    const inputs = Object.keys(metafile.inputs).filter((path) => path !== 'infra/lambda-credentials.ts');
    expect(inputs.filter((path) => /^(local|infra|cli|test)\//.test(path))).toEqual([]);
  });
});
