import type { Tree } from '../prices/import/tree.ts';

type Step = [to: Tree, rest: string];

/** @returns the line of what `path` names, or of the innermost thing on the way to it that there is */
export function lineAt(tree: Tree, path: string): number {
  let [here, rest]: Step = [tree, path];
  for (;;) {
    const step = here.is === 'list' ? toItem(here.items, rest) : here.is === 'object' && toMember(here.members, rest);
    if (!step) return here.line;
    [here, rest] = step;
  }
}

function toItem(items: readonly Tree[], path: string): Step | undefined {
  const [written = '', index] = /^\[(\d+)\]/.exec(path) ?? [];
  const item = items[Number(index)];
  return item && [item, path.slice(written.length)];
}

/** A name may hold a dot, as a label's does: the longest that fits is meant. */
function toMember(members: ReadonlyMap<string, Tree>, path: string): Step | undefined {
  const from = path.replace(/^\./, '');
  let step: Step | undefined;
  for (const [name, value] of members) {
    const rest = from.slice(name.length);
    if (from.startsWith(name) && /^($|[.[])/.test(rest) && (step === undefined || rest.length < step[1].length))
      step = [value, rest];
  }
  return step;
}
