import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleOf } from '../../infra/bundling.ts';
import { loadedAtStart } from '../infra/loaded.ts';

const ROUNDS = 5;

/** What a function needs at import, so that it does not stop at a missing setting. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  TOLLGATE_STAGE: 'bench',
  TOLLGATE_TABLE: 'table',
  TOLLGATE_COUNTERS_TABLE: 'counters',
  TOLLGATE_BUCKET: 'bucket',
  TOLLGATE_CONTEXT_KEY: 'tollgate-bench-context-key',
  TOLLGATE_INVOKER_ROLE_ARN: 'arn:aws:iam::111122223333:role/invoker',
  TOLLGATE_ISSUERS: '[{"issuer":"https://issuer.example","audience":"tollgate","tenantClaim":"tenant"}]',
};

// Lambda's runtime provides this global before it imports a handler.
const IMPORT = `globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: {} };
const begin = performance.now();
await import(process.argv[1]);
process.stdout.write(String(performance.now() - begin));
process.exit(0);`;

export interface Bundle {
  /** Kilobytes (1,000 bytes), minified: of what a start loads, and of all that is deployed. */
  startKilobytes: number;
  kilobytes: number;
  /** Milliseconds to import it in a new process: the part of a cold start that is ours. */
  importMs: number;
}

/** Each function's bundle, made as the template makes it. */
export async function bundles(): Promise<Record<string, Bundle>> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  try {
    const entries = ['authorizer', 'invoke', 'broker', 'metering', 'seal'].map(async (name) => {
      const { metafile } = await build({ ...bundleOf(name), outdir: join(folder, name), metafile: true });
      const kilobytes = (paths: string[]): number =>
        paths.reduce((sum, path) => sum + (metafile.outputs[path]?.bytes ?? 0), 0) / 1_000;
      const file = join(folder, name, 'index.mjs');
      const times = Array.from({ length: ROUNDS }, () =>
        Number(
          execFileSync(process.execPath, ['--input-type=module', '-e', IMPORT, file], {
            encoding: 'utf8',
            env: { ...ENVIRONMENT, PATH: process.env.PATH },
          }),
        ),
      ).sort((a, b) => a - b);
      return [
        name,
        {
          startKilobytes: kilobytes(loadedAtStart(metafile)),
          kilobytes: kilobytes(Object.keys(metafile.outputs)),
          importMs: times[ROUNDS >> 1] ?? Number.NaN,
        },
      ] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
