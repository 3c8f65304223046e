import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Json } from '../../contract/json.ts';
import { JSON_MAX_DEPTH } from '../../contract/limits/contract.ts';
import { YAML_FILE_MAX_BYTES } from '../../contract/limits/registry.ts';
import type { Tree } from '../prices/import/tree.ts';
import type { Fault, Found } from './found.ts';

const SENTENCES = {
  'too-large': `The file has more than ${YAML_FILE_MAX_BYTES} bytes, which is too much for YAML; as JSON it may be twice that.`,
  'too-deep': `This is nested more than ${JSON_MAX_DEPTH} levels deep.`,
  directive: 'Directives (%YAML, %TAG) are not read here; leave the line out.',
  anchor: 'Anchors and aliases (& and *) are not read here; write out what is meant.',
  merge: 'Merge keys (<<) are not read here; write out what is meant.',
  tag: 'Tags (!) are not read here; leave it out.',
  'not-text-key': 'The name of a member must be text.',
  'duplicate-member': 'The member stands twice in its object.',
  'empty-value': 'There is no value: write null to clear the member, [] for none, or leave the line out.',
  'odd-number': 'This would be read as a number: put it into quotes if it is text, or write it as JSON does.',
  'not-one-document': 'A file is one document; leave out the lines of ---.',
} as const;

type Reason = keyof typeof SENTENCES;
type Add = (node: ParsedNode | null, reason: Reason | 'forbidden-member' | 'lone-surrogate') => void;

/**
 * YAML 1.2 (https://yaml.org/spec/1.2.2/), of it what JSON can say: maps whose keys are text, lists, text, numbers, true, false
 * and null. What makes one line mean what stands on another (anchors, aliases, merges), and what a reviewer would have to
 * know more for than the line shows (tags, directives, 0123 for a number), is refused.
 */
export function readYaml(text: string): Found {
  // Every character is a byte at least.
  if (text.length > YAML_FILE_MAX_BYTES) return nothing('too-large');
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parse(text, lines);
  } catch (error) {
    // The library recurses, too.
    if (error instanceof RangeError) return nothing('too-deep');
    throw error;
  }
  const faults: Fault[] = [...document.errors, ...document.warnings]
    // These two are found below, as what is like them.
    .filter(({ code }) => code !== 'TAG_RESOLVE_FAILED' && code !== 'NON_STRING_KEY')
    .map(({ code, message, pos }) => ({
      line: lines.linePos(pos[0]).line,
      ...(code === 'MULTIPLE_DOCS'
        ? { reason: 'not-one-document', message: SENTENCES['not-one-document'] }
        : { reason: 'not-yaml', message: `This is not YAML: ${message}.` }),
    }));
  const broken = document.errors.length > 0;
  const add: Add = (node, reason) => {
    // What is broken has no value either.
    if (broken && reason === 'empty-value') return;
    const message = reason in SENTENCES ? SENTENCES[reason as Reason] : undefined;
    faults.push({ line: lineOf(node, lines), reason, message });
  };
  const { yaml, tags } = document.directives;
  if (yaml.explicit || Object.keys(tags).length > 1)
    faults.push({ line: 1, reason: 'directive', message: SENTENCES.directive });
  if (document.contents === null && faults.length === 0) faults.push({ line: 0, reason: 'empty' });
  check(document.contents, 0, add);
  return {
    value: faults.length > 0 ? null : (document.toJS() as Json),
    faults,
    tree() {
      const counted = new LineCounter();
      return treeOf(parse(text, counted).contents, '', counted);
    },
  };
}

function nothing(reason: Reason): Found {
  const found = { line: 0, reason, message: SENTENCES[reason] };
  return { value: null, faults: [found], tree: () => ({ line: 1, at: '', is: 'other', value: null }) };
}

// Members that stand twice are found below: the library compares each with all before it.
function parse(text: string, lineCounter: LineCounter): Document.Parsed {
  return parseDocument(text, {
    lineCounter,
    stringKeys: true,
    prettyErrors: false,
    uniqueKeys: false,
  });
}

function lineOf(node: ParsedNode | null, lines: LineCounter): number {
  return lines.linePos(node?.range[0] ?? 0).line;
}

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function check(node: ParsedNode | null, depth: number, add: Add): void {
  if (depth > JSON_MAX_DEPTH) add(node, 'too-deep');
  else if (isAlias(node)) add(node, 'anchor');
  else if (node !== null) {
    if (node.anchor !== undefined) add(node, 'anchor');
    if (node.tag !== undefined) add(node, 'tag');
    if (isScalar(node)) checkScalar(node, add);
    else if (isSeq(node)) for (const item of node.items) check(item as ParsedNode | null, depth + 1, add);
    else checkMap(node, depth, add);
  }
}

function checkMap(map: ParsedNode & YAMLMap, depth: number, add: Add): void {
  const names = new Set<string>();
  for (const { key, value } of map.items) {
    const name = checkName(key as ParsedNode | null, add);
    if (name !== undefined && names.has(name)) add(key as ParsedNode, 'duplicate-member');
    if (name !== undefined) names.add(name);
    if (value === null) add(key as ParsedNode, 'empty-value');
    check(value as ParsedNode | null, depth + 1, add);
  }
}

function checkName(key: ParsedNode | null, add: Add): string | undefined {
  if (!isScalar(key) || typeof key.value !== 'string') {
    add(key, isAlias(key) ? 'anchor' : 'not-text-key');
    return undefined;
  }
  check(key, 0, add);
  if (key.value === '<<') add(key, 'merge');
  if (key.value === '__proto__') add(key, 'forbidden-member');
  return key.value;
}

function checkScalar(node: ParsedNode & { value: unknown; source?: string }, add: Add): void {
  const { value, source = '' } = node;
  if (value === null && source === '') add(node, 'empty-value');
  if (typeof value === 'number' && !JSON_NUMBER.test(source)) add(node, 'odd-number');
  if (typeof value === 'string' && !value.isWellFormed()) add(node, 'lone-surrogate');
}

/** A member's line is that of its name: its value may begin on the next. */
function treeOf(node: ParsedNode | null, at: string, lines: LineCounter, line = lineOf(node, lines)): Tree {
  if (isSeq(node))
    return {
      ...{ line, at, is: 'list' },
      items: node.items.map((item, index) => treeOf(item as ParsedNode | null, `${at}/${index}`, lines)),
    };
  if (isMap(node))
    return {
      ...{ line, at, is: 'object' },
      members: new Map(
        node.items.map(({ key, value }): [string, Tree] => {
          const name = String((key as { value?: unknown } | null)?.value);
          const inner = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
          return [name, treeOf(value as ParsedNode | null, inner, lines, lineOf(key as ParsedNode, lines))];
        }),
      ),
    };
  return { line, at, is: 'text', text: '' };
}
