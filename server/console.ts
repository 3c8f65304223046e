import type { ConsoleSettings } from '../contract/console.ts';
import type { PageFiles } from '../pages/files.ts';
import { filesIn, isBuilt } from '../pages/folder.ts';
import { createPages, type PageAnswer, type PageRequest } from '../pages/serve.ts';

export interface ConsoleOptions {
  settings: ConsoleSettings;
  admin: boolean;
  stage: string;
  /** Where the image has the built files. */
  folder: string;
}

/** The console from the image; of a source tree, which has no built files, it is built when it is first asked for. */
export function openConsole({ folder, ...options }: ConsoleOptions): (asked: PageRequest) => Promise<PageAnswer> {
  const files = isBuilt(folder) ? filesIn(folder) : fromSource;
  return createPages({ ...options, files });
}

let lazy: Promise<() => Promise<PageFiles>> | undefined;

async function fromSource(): Promise<PageFiles> {
  // Named at run time, so that the image's bundle does not hold what builds it.
  const builder = new URL('../pages/build.ts', import.meta.url).href;
  lazy ??= import(builder).then(({ lazyConsole }: typeof import('../pages/build.ts')) => lazyConsole());
  return (await lazy)();
}
