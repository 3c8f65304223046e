#!/usr/bin/env node
import { readdirSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [node, , ...args] = process.argv;
const isSidecar = args.join(' ') === 'sidecar';

// What one start makes of the sources the next one reads, without the compiler, which takes longer than most commands do and 20 MB.
// So this file is none that needs it. Beside the sources: who may write there may write them.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/tollgate'));

// `tollgate model list | head -1` closes the pipe; that is not an error.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

if (!isSidecar) {
  const { main } = await import('./program.ts');
  process.exitCode = await main(args);
} else if (process.execArgv.length === 0 && process.execve !== undefined) {
  // It stays, so it is as small as in its image, and the compiler is gone before it begins.
  await Promise.all(sources().map((source) => import(source)));
  flushCompileCache();
  process.execve(node, [node, '--max-old-space-size=64', '--max-semi-space-size=2', import.meta.filename, ...args], {
    ...process.env,
    MALLOC_ARENA_MAX: '1',
  });
} else {
  const { runSidecar } = await import('../sidecar/run.ts');
  await runSidecar(process.env);
}

/** All of the sidecar's but its other start: what it loads when it is needed would need the compiler then. */
function sources() {
  const folder = join(import.meta.dirname, '../sidecar');
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts') && name !== 'main.ts')
    .map((name) => pathToFileURL(join(folder, name)).href);
}
