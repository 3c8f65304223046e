import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { buildConsoleSync } from '../pages/build.ts';
import { FOLDER } from '../pages/files.ts';
import { writeFiles } from '../pages/folder.ts';
import { containerBundle, sidecarBundle } from './bundling.ts';

const BUNDLES = { server: containerBundle, sidecar: sidecarBundle };

/** Makes the files of an image: `node infra/container-build.ts FOLDER [server | sidecar]`, as the Dockerfiles do. */
const [, , outdir, name = 'server'] = process.argv;
const bundle = Object.hasOwn(BUNDLES, name) ? BUNDLES[name as keyof typeof BUNDLES] : undefined;
if (outdir === undefined || bundle === undefined) {
  process.stderr.write('which folder, and is it the server or the sidecar?\n');
  process.exitCode = 1;
} else {
  buildSync({ ...bundle(), outdir, logLevel: 'error' });
  if (name === 'server') writeFiles(buildConsoleSync(), join(outdir, FOLDER));
}
