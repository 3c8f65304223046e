import { buildSync } from 'esbuild';
import { containerBundle } from './bundling.ts';

/** Makes the files of the container's image: `node infra/container-build.ts FOLDER`, as the Dockerfile does. */
const [, , outdir] = process.argv;
if (outdir === undefined) {
  process.stderr.write('which folder?\n');
  process.exitCode = 1;
} else {
  buildSync({ ...containerBundle(), outdir, logLevel: 'error' });
}
