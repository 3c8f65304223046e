import { csvRows } from '../../contract/csv.ts';
import type { Problem } from '../../contract/errors.ts';
import { badEntries } from '../fields.ts';
import type { Document, Plain } from '../items.ts';

/**
 * A list of tenants as a spreadsheet has it: a row a tenant, a column a member (`id`, `costCenter`, `displayName`, `labels.team`), and
 * `models` and `bundles`, whose cells are what the tenant is granted, with a space or a semicolon between. An empty cell names nothing.
 */

const LISTS: ReadonlySet<string> = new Set(['owners', 'contacts', 'issuers', 'residency']);

/**
 * @returns the same as a file of entries, and the line of each tenant in it
 * @throws TollgateError `bad_entry` of every line that is no tenant
 */
export function tenantsOfCsv(csv: string): { value: { tenants: Document[] }; lines: number[] } {
  const problems: Problem[] = [];
  const tenants: Document[] = [];
  const lines: number[] = [];
  let head: readonly string[] | undefined;
  for (const { line, cells } of csvRows(csv)) {
    if (head === undefined) {
      head = cells.map((name) => NAMED[name.trim().toLowerCase().replaceAll(/[ _-]/g, '')] ?? name.trim());
      if (!head.includes('id'))
        throw badEntries([{ path: `line ${line}`, reason: 'missing', message: 'There is no column id.' }]);
      for (const [index, name] of head.entries())
        if (name === '' || head.indexOf(name) !== index)
          problems.push({
            path: `line ${line}`,
            reason: 'column',
            message: `Column ${index + 1} has no name, or that of another.`,
          });
      continue;
    }
    if (cells.every((cell) => cell.trim() === '')) continue;
    if (cells.length > head.length)
      problems.push({
        path: `line ${line}`,
        reason: 'too-many-cells',
        message: `It has ${cells.length} cells, and there are ${head.length} columns.`,
      });
    tenants.push(tenantOf(head, cells));
    lines.push(line);
  }
  if (head === undefined) problems.push({ path: 'file', reason: 'empty', message: 'There is nothing in the file.' });
  if (problems.length > 0) throw badEntries(problems);
  return { value: { tenants }, lines };
}

/** How spreadsheets may write what a member is called. */
const NAMED: Readonly<Record<string, string>> = {
  id: 'id',
  tenant: 'id',
  tenantid: 'id',
  costcenter: 'costCenter',
  costcentre: 'costCenter',
  displayname: 'displayName',
  name: 'displayName',
  expiresat: 'expiresAt',
  model: 'models',
  bundle: 'bundles',
};

function tenantOf(head: readonly string[], cells: readonly string[]): Document {
  const tenant: Document = {};
  const grants: Document[] = [];
  for (const [index, name] of head.entries()) {
    const cell = (cells[index] ?? '').trim();
    if (cell === '') continue;
    if (name === 'models') grants.push(...words(cell).map((model) => ({ model })));
    else if (name === 'bundles') grants.push(...words(cell).map((bundle) => ({ bundle })));
    else set(tenant, name.split('.'), LISTS.has(name) ? words(cell) : cell);
  }
  return grants.length === 0 ? tenant : { ...tenant, grants };
}

function words(cell: string): string[] {
  return cell.split(/[\s;]+/).filter((word) => word !== '');
}

function set(into: Document, [name = '', ...below]: readonly string[], value: Plain): void {
  if (below.length === 0) into[name] = value;
  else {
    const inner = into[name];
    const object: Document = inner !== null && typeof inner === 'object' && !Array.isArray(inner) ? inner : {};
    into[name] = object;
    set(object, below, value);
  }
}
