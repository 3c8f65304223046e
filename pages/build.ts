import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, type BuildResult, build, buildSync } from 'esbuild';
import { ASSETS, DOCUMENT, type PageFile, type PageFiles } from './files.ts';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'console');
const ENTRY = 'console/main.tsx';

/** Every view is a chunk of its own, and what they share; each is named by its content. */
const OPTIONS = {
  absWorkingDir: ROOT,
  entryPoints: [ENTRY],
  outdir: 'out',
  entryNames: `${ASSETS}[name]-[hash]`,
  chunkNames: `${ASSETS}[name]-[hash]`,
  assetNames: `${ASSETS}[name]-[hash]`,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'silent',
} as const satisfies BuildOptions;

/** @throws esbuild's BuildFailure where a file of the console cannot be read as a program */
export async function buildConsole(): Promise<PageFiles> {
  return filesOf(await build(OPTIONS));
}

/** The same where nobody can wait, as in the template of a stage. */
export function buildConsoleSync(): PageFiles {
  return filesOf(buildSync(OPTIONS));
}

/** Built when it is first asked for, and again when a file of it has changed since: what is written is seen at the next load. */
export function lazyConsole(): () => Promise<PageFiles> {
  let built: { of: number; files: Promise<PageFiles> } | undefined;
  return () => {
    const of = newest();
    if (built?.of !== of) {
      const files = buildConsole();
      built = { of, files };
      files.catch(() => {
        built = undefined;
      });
    }
    return built.files;
  };
}

/** Milliseconds since 1970. */
function newest(): number {
  return readdirSync(SOURCE, { withFileTypes: true, recursive: true }).reduce(
    (latest, { parentPath, name }) => Math.max(latest, statSync(join(parentPath, name)).mtimeMs),
    0,
  );
}

function filesOf({ outputFiles, metafile }: BuildResult<typeof OPTIONS>): PageFiles {
  const { outputs } = metafile;
  const files = new Map<string, PageFile>(
    outputFiles.map(({ path, contents }) => [relative(join(ROOT, 'out'), path), fileOf(contents)]),
  );
  const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === ENTRY) ?? '';
  const started = startOf(outputs, entry).map((path) => relative('out', path));
  const styles = [...files.keys()].filter((path) => path.endsWith('.css'));
  files.set(DOCUMENT, fileOf(new TextEncoder().encode(document(started, styles))));
  return files;
}

/** @returns the script that is loaded first, and those that it imports and theirs, but none that waits for a view */
function startOf(
  outputs: NonNullable<BuildResult['metafile']>['outputs'],
  entry: string,
  found: string[] = [],
): string[] {
  if (found.includes(entry)) return found;
  found.push(entry);
  for (const { path, kind } of outputs[entry]?.imports ?? [])
    if (kind === 'import-statement') startOf(outputs, path, found);
  return found;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230a6c68'/%3E%3Cpath d='M9 25V14a7 7 0 0 1 14 0v11M6.5 18h19' fill='none' stroke='%23fff' stroke-width='2.6' stroke-linecap='round'/%3E%3C/svg%3E";

/** Relative addresses, so that it is the same below any base path. */
function document([entry = '', ...others]: readonly string[], styles: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tollgate</title>
<link rel="icon" href="${ICON}">
${styles.map((path) => `<link rel="stylesheet" href="${path}">\n`).join('')}${others
  .map((path) => `<link rel="modulepreload" href="${path}">\n`)
  .join('')}<script type="module" src="${entry}"></script>
</head>
<body>
<div id="app"></div>
<noscript>The console needs JavaScript; everything it does can be done with the gateway’s APIs and with its command line.</noscript>
</body>
</html>
`;
}

function fileOf(body: Uint8Array): PageFile {
  return { body, gzip: gzipSync(body, { level: 9 }) };
}
