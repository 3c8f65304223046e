import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { type Json, parseJson } from '../../contract/json.ts';
import { FILE_MAX_BYTES, FILE_PROBLEMS_MAX } from '../../contract/limits/registry.ts';
import { parseTree, type Tree } from '../prices/import/tree.ts';
import type { Fault, Found } from './found.ts';
import { lineAt } from './line.ts';

/**
 * A file of entries, JSON or YAML. Read strictly: what two readers could understand differently, or what an editor put
 * there unseen, is refused rather than guessed at, because the file is reviewed by people before it grants anything.
 */
export interface FileRead {
  value: Json;
  /**
   * The line, from 1, of what a problem's path names: `tenants[3].grants[0].model`. Of a member that is missing it is the
   * line of what it is missing from.
   */
  lineOf(path: string): number | undefined;
}

const SENTENCES: Readonly<Record<string, string>> = {
  'not-utf8': 'The file is not UTF-8.',
  'too-large': `The file has more than ${FILE_MAX_BYTES} bytes.`,
  empty: 'There is nothing in the file.',
  'byte-order-mark': 'The file begins with a byte order mark; save it as UTF-8 without one.',
  'carriage-return': 'The line ends with CR LF; save the file with LF at the end of lines.',
  'not-json': 'This is not JSON.',
  'duplicate-member': 'The member stands twice in its object.',
  'forbidden-member': 'No member may be called __proto__.',
  'lone-surrogate': 'The text holds half of a surrogate pair.',
};

/**
 * @param bytes all of the file; JSON if it begins with { or [, and YAML otherwise
 * @throws TollgateError `bad_entry`, whose problems are all that is wrong, each at its line, e.g. `line 3`
 */
export async function readFile(bytes: Uint8Array): Promise<FileRead> {
  if (bytes.length > FILE_MAX_BYTES) throw refusal([{ line: 0, reason: 'too-large' }]);
  const { text, faults } = textOf(bytes);
  // YAML's reader is loaded by those who have a file of it.
  const found = /^\s*[{[]/.test(text) ? json(text) : (await import('./yaml.ts')).readYaml(text);
  faults.push(...found.faults);
  if (faults.length > 0) throw refusal(faults);
  let tree: Tree | undefined;
  return {
    value: found.value,
    lineOf(path) {
      // Only what is wrong is asked for its line, and most files are right: their lines are never counted.
      tree ??= found.tree();
      return lineAt(tree, path);
    },
  };
}

function json(text: string): Found {
  const tree = () => parseTree(text);
  try {
    return { value: parseJson(text, 'file'), faults: [], tree };
  } catch (error) {
    if (!isTollgateError(error)) throw error;
    const faults: Fault[] = [];
    try {
      parseTree(text, (line, reason) => faults.push({ line, reason }));
    } catch (fault) {
      if (!isTollgateError(fault)) throw fault;
      faults.push({ line: Number(fault.field?.replace('line ', '')), reason: fault.reason ?? 'not-json' });
    }
    if (faults.length === 0) faults.push({ line: 0, reason: error.reason ?? 'not-json', message: error.publicMessage });
    return { value: null, faults, tree };
  }
}

function textOf(bytes: Uint8Array): { text: string; faults: Fault[] } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refusal([{ line: 0, reason: 'not-utf8' }]);
  }
  const faults: Fault[] = [];
  if (text.startsWith('\uFEFF')) {
    faults.push({ line: 1, reason: 'byte-order-mark' });
    text = text.slice(1);
  }
  const at = text.indexOf('\r');
  if (at >= 0) faults.push({ line: text.slice(0, at).split('\n').length, reason: 'carriage-return' });
  if (!/\S/.test(text)) throw refusal([...faults, { line: 0, reason: 'empty' }]);
  return { text, faults };
}

function refusal(faults: readonly Fault[]): TollgateError {
  const problems = [...faults]
    .sort((a, b) => a.line - b.line)
    .map(({ line, reason, message }) => ({
      path: line === 0 ? 'file' : `line ${line}`,
      reason,
      message: message ?? SENTENCES[reason] ?? `${reason.replaceAll('-', ' ')}.`,
    }));
  const more = problems.length - FILE_PROBLEMS_MAX;
  const told = more > 0 ? problems.slice(0, FILE_PROBLEMS_MAX) : problems;
  if (more > 0) told.push({ path: 'file', reason: 'more', message: `and ${more} more.` });
  const [first = { path: 'file', reason: 'unreadable', message: '' }] = problems;
  const only = `: ${first.path === 'file' ? '' : `${first.path}: `}${first.message}`;
  return new TollgateError('bad_entry', {
    field: first.path,
    reason: first.reason,
    message: `The file cannot be used${problems.length === 1 ? only : `, in ${problems.length} places:`}`,
    problems: told,
  });
}
