import { formatMoney } from '../../metering/money.ts';
import { holdersIn, type Impact, impactDocument, impactOf as readImpact } from '../../metering/report/impact.ts';
import { letterOf } from '../../metering/report/letter.ts';
import { together } from '../../metering/report/recent.ts';
import { usedLines } from '../../metering/report/used.ts';
import { type Grant, termsOf } from '../../registry/grant.ts';
import type { Writer } from '../../registry/writer.ts';
import { type Answer, listed } from '../answer.ts';
import { usedOf } from '../hits.ts';
import { restrictionsText } from '../restrictions.ts';
import type { Target } from '../target.ts';
import { insteadLines } from './impact-lines.ts';

/** @throws TollgateError `not_found` */
export async function impactOf(target: Target, writer: Writer, id: string): Promise<Impact> {
  return readImpact(() => usedOf(target, { model: id }), writer, id);
}

const HEAD = ['tenant', 'calls', 'cost', 'last used', 'principals', 'roles', 'granted as', 'granted'];

/** Who holds a model, who used it when and for how much, and what would be in its place. @param mail as a letter to them */
export function impactAnswer(impact: Impact, { mail = false }: { mail?: boolean }): Answer {
  const rows = rowsOf(impact);
  const cells = rows.map((row) => row.cells);
  const table = listed({ head: HEAD, rows: cells, documents: [], ids: rows.map(({ tenant }) => tenant) });
  const text = (width?: number) =>
    [
      rows.length === 0 ? 'nobody holds it, and nobody used it' : table.text(width),
      ...usedLines(impact.used).slice(0, 1),
      ...insteadLines(impact),
    ].join('\n');
  return { ...table, text: mail ? () => mailText(impact) : text, json: () => impactDocument(impact) };
}

interface Row {
  tenant: string;
  cells: string[];
}

/** A row for each tenant that holds it, or used it although it holds it no longer. */
function rowsOf({ grants, used }: Impact): Row[] {
  const of = new Map<string, Grant[]>(Map.groupBy(grants, ({ tenant }) => tenant));
  for (const { tenant } of used.uses ?? []) if (!of.has(tenant)) of.set(tenant, []);
  return [...of]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tenant, held]) => {
      const sum = together((used.uses ?? []).filter((one) => one.tenant === tenant));
      const callers = used.principals
        .filter((one) => one.tenant === tenant)
        .map(({ principal }) => principal || 'others');
      return {
        tenant,
        cells: [
          tenant,
          used.uses === undefined ? '' : String(sum?.calls ?? 0),
          sum?.cost == null ? '' : formatMoney(sum.cost),
          sum?.lastDay ?? '',
          [...new Set(callers)].join(' '),
          [...new Set(held.flatMap(termsOf).flatMap(({ roles = [] }) => roles))].join(' '),
          held.length === 0 ? 'not any more' : held.map(grantedText).join(' | '),
          held.length === 0 ? '' : new Date(Math.min(...held.map((one) => one.grantedAt))).toISOString().slice(0, 10),
        ],
      };
    });
}

function grantedText(grant: Grant): string {
  const terms = termsOf(grant).map((term) =>
    [term.actions.join(','), term.principals && `for ${term.principals.join(' ')}`, restrictionsText(term)]
      .filter(Boolean)
      .join('; '),
  );
  return `${grant.bundle === undefined ? '' : `${grant.bundle}: `}${terms.join(' | ')}`;
}

/** A letter to whoever uses it, to be sent as it is. */
export function mailText(impact: Impact): string {
  const { subject, text } = letterOf({ ...impact, holders: holdersIn(impact) });
  return `Subject: ${subject}\n\n${text}`;
}
