import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { PageFile, PageFiles } from './files.ts';

const ZIPPED = '.gz';

/** Writes the built files, each beside the same by gzip. */
export function writeFiles(files: PageFiles, folder: string): void {
  for (const [path, { body, gzip }] of files) {
    const to = join(folder, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, body);
    writeFileSync(to + ZIPPED, gzip);
  }
}

/** Whether there are built files. */
export function isBuilt(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith(ZIPPED));
  } catch {
    return false;
  }
}

/**
 * Reads them when they are first asked for. Only what lay there then is served: no request becomes the name of a file.
 *
 * @throws the file system's own error, at each request, as long as they cannot be read
 */
export function filesIn(folder: string): () => Promise<PageFiles> {
  let read: Promise<PageFiles> | undefined;
  return () => {
    read ??= readAll(folder).catch((error: unknown) => {
      read = undefined;
      throw error;
    });
    return read;
  };
}

async function readAll(folder: string): Promise<PageFiles> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = paths
    .filter((path) => !path.endsWith(ZIPPED))
    .map(async (path): Promise<[string, PageFile]> => {
      const [body, gzip] = await Promise.all([readFile(path), readFile(path + ZIPPED)]);
      return [relative(folder, path).split(sep).join('/'), { body, gzip }];
    });
  return new Map(await Promise.all(read));
}
