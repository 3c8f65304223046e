import type { Metafile } from 'esbuild';

/** The files that are loaded before the handler is called: the first, and what it imports without being asked. */
export function loadedAtStart({ outputs }: Metafile): string[] {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
      if (!external && kind === 'import-statement') load(next);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (entryPoint?.endsWith('/handler.ts')) load(path);
  return [...loaded];
}
