import type { Difference } from '../../difference.ts';

/** One edit of the registry, as `/admin/audit` tells it. */
export interface Edit {
  /** Absent of one that is older than the numbers. */
  edit?: number;
  at: string;
  by: string;
  /** `grant/acme/nova-lite` */
  item: string;
  kind: string;
  /** What was done: `create`, `retire`. */
  change: string;
  /** Edits that were made as one. */
  plan?: string;
  differences: readonly Difference[];
}

/** What taking back would do, as `dryRun` tells it. */
export interface Undone {
  changes: readonly { item: string; does: 'create' | 'change' | 'remove'; differences: readonly Difference[] }[];
}

/** What edits are of, by what `of` is asked for. */
export const KINDS: readonly { value: string; label: string }[] = [
  { value: 'model', label: 'Models' },
  { value: 'tenant', label: 'Tenants' },
  { value: 'grant', label: 'Grants' },
  { value: 'budgets', label: 'Budgets' },
  { value: 'bundle', label: 'Bundles' },
  { value: 'aliases', label: 'Aliases' },
  { value: 'client', label: 'Clients' },
  { value: 'request', label: 'Access requests' },
  { value: 'defaults', label: 'Defaults' },
  { value: 'alerts', label: 'Alerts' },
  { value: 'evaluations', label: 'Evaluations' },
];

/** Of `grant/acme/nova-lite` `['grant', 'acme', 'nova-lite']`: what is third may hold slashes itself. */
export function partsOf(item: string): [kind: string, first: string, rest: string] {
  const [kind = '', first = '', ...rest] = item.split('/');
  return [kind, first, rest.join('/')];
}

/** @returns the route on which the entry is shown, and what is asked of it; undefined: nowhere in the console */
export function routeOf(item: string): [parts: string[], query: Record<string, string>] | undefined {
  const [kind, first, rest] = partsOf(item);
  switch (kind) {
    case 'model':
      return [['registry-models', rest === '' ? first : `${first}/${rest}`], {}];
    case 'tenant':
      return [['tenants', first], {}];
    case 'grant':
      return [['tenants', first], { tab: 'grants' }];
    case 'budgets':
      return [['budgets'], first === '*' ? { tab: 'stage' } : { tenant: first }];
    case 'request':
      return [['access-requests'], { tenant: first, status: 'any' }];
    default:
      return undefined;
  }
}

const TONES = {
  create: 'good',
  grant: 'good',
  activate: 'good',
  approve: 'good',
  resume: 'good',
  remove: 'bad',
  delete: 'bad',
  revoke: 'bad',
  retire: 'bad',
  suspend: 'bad',
  offboard: 'bad',
  deprecate: 'warn',
  decline: 'warn',
} as const;

/** Of what takes something away `bad`; of what is none of the known acts `neutral`. */
export function toneOf(change: string): 'good' | 'warn' | 'bad' | 'neutral' {
  return Object.hasOwn(TONES, change) ? TONES[change as keyof typeof TONES] : 'neutral';
}

/** What every entry has, and what its name says already. */
const UNTOLD = ['v', 'id', 'tenant', 'model', 'owner'];

/** Without what says nothing to a reader. */
export function told(differences: readonly Difference[]): readonly Difference[] {
  return differences.filter(({ path }) => path !== 'v');
}

/** Characters of a value that a row shows. */
const SHOWN = 40;

/** What was changed, in a line: `actions: invoke → invoke, stream`. */
export function summaryOf(differences: readonly Difference[]): string {
  const said = told(differences);
  const first = said.find(({ path }) => !UNTOLD.includes(path)) ?? said[0];
  if (first === undefined) return 'nothing';
  const { path, before, after } = first;
  const from = before === undefined || before === null ? textOf(after) : `${textOf(before)} → ${textOf(after)}`;
  return `${path}: ${from}${said.length === 1 ? '' : `, and ${said.length - 1} more`}`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  const text = Array.isArray(value) ? value.map(textOf).join(', ') : typeof value === 'object' ? '{…}' : String(value);
  return text.length <= SHOWN ? text : `${[...text].slice(0, SHOWN).join('')}…`;
}
