import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join, relative } from 'node:path';
import { isTollgateError } from '../contract/errors.ts';
import { switchedOn } from '../contract/switched-on.ts';
import { misspelt } from '../contract/variables.ts';
import { banner } from './banner.ts';
import { writeWhole } from './files.ts';
import { localSettings } from './settings.ts';

/** Milliseconds. A stop ends by then whatever hangs; undelivered usage is on disk and goes out after the next start. */
const STOP_MS = 9_500;

/** `npm start`: the whole gateway on this machine. What its heaps may grow to is said there, as for the image (Dockerfile says why). */
async function main(): Promise<void> {
  const settings = localSettings(process.env);
  for (const text of misspelt(process.env, 'local')) process.stderr.write(`tollgate: ${text}\n`);
  enableCompileCache(settings.cacheDir);
  const { startLocal } = await import('./start.ts');
  const local = await startLocal(settings);
  const { gateway, issuer, aws, serveEnv } = local;
  const file = join(settings.dataDir, 'local.json');

  let stopping = false;
  const stop = async (): Promise<void> => {
    // A second signal changes nothing: the first one ends within ten seconds.
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), STOP_MS).unref();
    await rm(file, { force: true });
    await local.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop().catch(fail));

  const on = switchedOn({ ...settings, issuers: [{ issuer }, ...settings.issuers] });
  // For `npm run serve` against the same stores; each start has credentials of its own.
  const lines = Object.entries(serveEnv).map(([name, value]) => `${name}='${value}'\n`);
  await writeWhole(join(settings.dataDir, 'serve.env'), lines.join(''));
  await writeWhole(join(settings.dataDir, 'on.json'), JSON.stringify({ version: ownVersion(), on }));
  await writeWhole(file, JSON.stringify({ gateway, issuer, aws, pid: process.pid }));
  process.stdout.write(banner(local, shown(settings.dataDir), on));
  // After the ready line: it is only for the next start.
  flushCompileCache();
}

/** Short where the folder is below this one. */
function shown(folder: string): string {
  const short = relative('', folder);
  return short === '' || short.startsWith('..') ? folder : short;
}

/** Of what runs here. */
function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/** What the machine refuses, wherever it does: a full disk, a folder or file that is locked. */
const REFUSED: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk’s quota is used up',
  EROFS: 'it can only be read',
  EACCES: 'it is not ours to write',
  EBUSY: 'another program holds it',
};

function fail(error: unknown): never {
  const { code = '', path = process.env.TOLLGATE_DATA || '.tollgate' } = (error ?? {}) as NodeJS.ErrnoException;
  const refused = REFUSED[code];
  if (refused !== undefined) {
    process.stderr.write(`tollgate: ${path} cannot be written: ${refused} (${code})\n`);
    process.exit(1);
  }
  const message = isTollgateError(error) ? error.publicMessage : error instanceof Error ? error.message : String(error);
  process.stderr.write(`tollgate: ${message.replaceAll('\n', ' ')}\n`);
  process.exit(1);
}

// What a write throws that nobody waits for: an end in one line. What is on disk goes out after the next start.
process.on('uncaughtException', fail);
await main().catch(fail);
