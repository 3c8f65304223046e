import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Document, Plain } from '../registry/items.ts';
import { printOrSave } from './print.ts';
import { warnOf } from './registry.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';

interface Given {
  tenant?: string;
  out?: string;
  format: 'yaml' | 'json';
  schema?: true;
}

/** Where editors look for it: beside the file, which may be in another repository. `--schema` writes it there. */
const SCHEMA = './registry.schema.json';

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<Given & { format: never }>(program, target, 'export', {
    about: 'the registry as a file that `tollgate apply` takes',
    options: (verb) =>
      verb
        .option('--tenant <tenant>', 'one tenant and what is its own')
        .option('--out <file>', 'write it there')
        .option('--schema', 'the JSON Schema of such a file in its place, for editors')
        .addOption(new Option('--format <format>', 'how to write it').choices(['yaml', 'json']).default('yaml')),
    reads: true,
    more: `\nThe file names ${SCHEMA}, by which an editor completes\nand checks it:\n  tollgate export --schema --out registry.schema.json`,
    run: async (given, at) => {
      const { tenant, out, format, schema } = given as unknown as Given;
      if (schema) {
        printOrSave(readFileSync(new URL('../docs/registry.schema.json', import.meta.url), 'utf8').trimEnd(), out);
        return undefined;
      }
      const { unusable, ...entries } = await (await at.registry()).export(tenant);
      const sections = Object.fromEntries(
        Object.entries(entries as unknown as Document).filter(([, section]) => !isEmpty(section)),
      );
      printOrSave(format === 'json' ? jsonOf(sections) : await yamlOf(sections), out);
      warnOf({ unusable });
      return undefined;
    },
  });
}

function isEmpty(section: Plain | undefined): boolean {
  return section === undefined || section === null || Object.keys(section).length === 0;
}

function jsonOf(sections: Document): string {
  return JSON.stringify({ $schema: SCHEMA, ...sections }, null, 2);
}

async function yamlOf(sections: Document): Promise<string> {
  const { stringify } = await import('yaml');
  // No anchors: what reads it refuses them.
  const written = (value: Plain): string => stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
  // Piece by piece: the library keeps a tree of what it writes.
  const text = Object.entries(sections).map(([name, section]) => {
    const pieces = Array.isArray(section) ? section.map((one) => written([one])) : [written(section)];
    return `${name}:\n${pieces.map((piece) => piece.replace(/^(?=.)/gm, '  ')).join('')}`;
  });
  return `# yaml-language-server: $schema=${SCHEMA}\n${text.join('')}`;
}
