import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const PACKAGE = join(root, 'node_modules/@sparticuz/chromium');

/** Milliseconds; it takes three on a machine that does nothing else. */
const UNPACK_MS = 60_000;

/** What to start, and the variables that it needs. */
export interface Program {
  path: string;
  env: Record<string, string>;
}

/**
 * The Chromium that npm installed, its libraries and a font beside it, so that it starts on a machine which has none of them. It is
 * for Linux on x64; `CHROME_PATH` names another one.
 *
 * @throws Error where it cannot be unpacked
 */
export async function chromium(): Promise<Program> {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.SCRATCH_FOLDER ?? '/nonexistent' };
  const own = process.env.CHROME_PATH;
  if (own) return { path: own, env };
  const folder = await unpacked();
  return {
    path: join(folder, 'chromium'),
    env: { ...env, LD_LIBRARY_PATH: join(folder, 'al2023/lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

/** Unpacked once for an installation, not for each test file: it is 200 MB. @returns the folder */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
  const caches = join(root, 'node_modules/.cache');
  const folder = join(caches, `chromium-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(caches, { recursive: true });
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    const script = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      timeout: UNPACK_MS,
      // It unpacks into the folder for temporary files; its libraries only where it believes to be a Lambda, which has none either.
      env: { PATH: process.env.PATH, TMPDIR: unfinished, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' },
    });
    await writeFile(join(unfinished, 'fonts.conf'), fonts(folder));
    // Whole or not at all: another test process may do the same at this moment.
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** The one font that is unpacked, so that a page is as wide on every machine. */
const fonts = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts/fonts</dir>
  <cachedir>${folder}/fonts/cache</cachedir>
</fontconfig>
`;
