import { formatMoney } from '../../metering/money.ts';
import { letterOf } from '../../metering/report/letter.ts';
import { type ModelUse, together } from '../../metering/report/recent.ts';
import { usedLines } from '../../metering/report/used.ts';
import { type Grant, termsOf } from '../../registry/grant.ts';
import { type Answer, listed } from '../answer.ts';
import { restrictionsText } from '../restrictions.ts';
import { holdersIn, type Impact, insteadLines } from './gather.ts';

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
  return { ...table, text: mail ? () => mailText(impact) : text, json: () => documentOf(impact) };
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

function documentOf({ model, grants, used, aliases, fallbackOf, successorOf, basisOf }: Impact): object {
  const { status, deprecatedAt, sunsetAt, successor } = model.lifecycle;
  const dated = (seconds: number | undefined) =>
    seconds === undefined ? null : new Date(seconds * 1000).toISOString();
  return {
    model: model.id,
    lifecycle: { status, deprecatedAt: dated(deprecatedAt), sunsetAt: dated(sunsetAt), successor: successor ?? null },
    holders: grants.flatMap((grant) =>
      termsOf(grant).map(({ actions, roles, principals, expiresAt }) => ({
        ...{ tenant: grant.tenant, bundle: grant.bundle ?? null, actions },
        ...{ roles: roles ?? null, principals: principals ?? null },
        expiresAt: dated(expiresAt),
      })),
    ),
    used: used.uses?.map(useDocument) ?? null,
    principals: used.principals.map((one) => ({ ...useDocument(one), principal: one.principal })),
    replacedBy: {
      successor: successor ?? null,
      fallbacks: model.fallbacks ?? [],
      aliases: aliases.map(({ id }) => id),
    },
    ...{ fallbackOf, successorOf, basisOf },
  };
}

function useDocument({ tenant, calls, cost, firstDay, lastDay, unpriced }: ModelUse): object {
  return { tenant, calls, cost: cost === null ? null : formatMoney(cost), unpriced, firstDay, lastDay };
}

/** A letter to whoever uses it, to be sent as it is. */
export function mailText(impact: Impact): string {
  const { subject, text } = letterOf({ ...impact, holders: holdersIn(impact) });
  return `Subject: ${subject}\n\n${text}`;
}
