import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { ESBUILD } from '../../infra/bundling.ts';

/** Bytes. Lambda's cold start grows with what it has to read and parse. */
const MAX_BYTES = 700_000;

describe('what a function is made of', () => {
  test.each(['authorizer', 'broker', 'invoke', 'metering'])(
    '%s fits into its size, alone and minified',
    async (name) => {
      const { outputFiles, metafile } = await build({
        entryPoints: [join(import.meta.dirname, '../..', name, 'handler.ts')],
        ...ESBUILD,
        metafile: true,
      });
      expect(outputFiles[0]?.contents.byteLength).toBeLessThan(MAX_BYTES);
      const [output] = Object.values(metafile.outputs);
      expect(output?.exports).toContain('handler');
      const left = output?.imports.filter(({ external }) => external).map(({ path }) => path) ?? [];
      for (const path of left) expect(isBuiltin(path), `${path} would be missing in Lambda`).toBe(true);
      const inputs = Object.keys(metafile.inputs);
      expect(inputs.filter((path) => /^(local|infra|cli|test)\//.test(path))).toEqual([]);
    },
  );
});
