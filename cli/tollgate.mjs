#!/usr/bin/env node
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [node, , ...args] = process.argv;
const isSidecar = args.join(' ') === 'sidecar';

// What one start makes of the sources the next one reads, without the compiler, which takes longer than most commands do and 20 MB.
// So this file is none that needs it. Beside the sources: who may write there may write them.
const cache = join(import.meta.dirname, '../node_modules/.cache/tollgate');
enableCompileCache(cache);

// `tollgate model list | head -1` closes the pipe; that is not an error.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0);
  const why = error.code === 'ENOSPC' ? 'the disk is full' : error.message;
  process.stderr.write(`tollgate: what was to be printed cannot be written: ${why}\n`);
  process.exit(1);
});

if (!isSidecar) {
  const { main } = await import('./program.ts');
  process.exitCode = await main(args);
} else if (process.execArgv.length === 0 && process.execve !== undefined) {
  // It stays, so it is as small as in its image, and the compiler is gone before it begins.
  await compile();
  process.execve(node, [node, '--max-old-space-size=64', '--max-semi-space-size=2', import.meta.filename, ...args], {
    ...process.env,
    MALLOC_ARENA_MAX: '1',
  });
} else {
  const { runSidecar } = await import('../sidecar/run.ts');
  await runSidecar(process.env);
}

/** All that the sidecar may come to load, which would need the compiler then; not again while no source has changed since. */
async function compile() {
  const done = join(cache, `sidecar-${process.version}`);
  const since = statSync(done, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const rooms = ['sidecar', 'contract', 'server', 'aws'].map(sources);
  if (rooms.flat().every((source) => statSync(source).mtimeMs < since)) return;
  // Its other start is not for here.
  const own = rooms[0].filter((source) => !source.endsWith('main.ts'));
  await Promise.all(own.map((source) => import(pathToFileURL(source).href)));
  flushCompileCache();
  try {
    writeFileSync(done, '');
  } catch {
    // Nor could the cache be written: each start compiles.
  }
}

function sources(room) {
  const folder = join(import.meta.dirname, '..', room);
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}
