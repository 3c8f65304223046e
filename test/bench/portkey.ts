import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Ignored by git; a second run finds it installed. */
const FOLDER = 'bench/portkey';
const SCRIPT = join(FOLDER, 'node_modules/@portkey-ai/gateway/build/start-server.js');

/**
 * Portkey's gateway, in the versions that `portkey/package.json` pins, in a folder of its own: never a dependency of ours.
 *
 * @returns its script, below the project's folder
 */
export function install(): string {
  const root = join(import.meta.dirname, '../..');
  if (!existsSync(join(root, SCRIPT))) {
    mkdirSync(join(root, FOLDER), { recursive: true });
    copyFileSync(join(import.meta.dirname, 'portkey/package.json'), join(root, FOLDER, 'package.json'));
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: join(root, FOLDER),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return SCRIPT;
}
