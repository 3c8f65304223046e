import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Image {
  /** The variables that it gives its process. */
  env: Readonly<Record<string, string>>;
  /** What it runs, in the folder of the bundle. */
  command: readonly string[];
}

function imageOf(file: string): Image {
  const dockerfile = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  const env = [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) =>
    [...line.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, name, quoted, plain]) => [name, quoted ?? plain]),
  );
  return {
    env: Object.fromEntries(env),
    command: JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '') as string[],
  };
}

export const { env: IMAGE_ENV, command: IMAGE_COMMAND } = imageOf('Dockerfile');

export const SIDECAR_IMAGE = imageOf('Dockerfile.sidecar');
