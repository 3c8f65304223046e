import { type Compared, noteOf } from '../../metering/bill/difference.ts';
import type { OtherBill, ReconciliationReport as Report } from '../../metering/bill/kept.ts';
import type { Elsewhere, Reconciled } from '../../metering/bill/reconcile.ts';
import { formatAmount, formatMoney } from '../../metering/money.ts';
import { daysText } from '../days.ts';
import { table } from '../print.ts';
import { type Column, columnsCsv, columnsTable, type Row } from '../report/columns.ts';

const text = (name: string): Column => ({ name, kind: 'text' });
const number = (name: string): Column => ({ name, kind: 'count' });
const COLUMNS: readonly Column[] = [
  ...['what', 'day', 'tenant_id', 'model_id', 'caller', 'measure'].map(text),
  ...['aws', 'ours', 'difference', 'percent'].map(number),
  ...['agrees', 'note', 'explained'].map(text),
];

/** One line for each measure compared, and for each thing that is AWS's alone. */
export function reconcileCsv({
  compared,
  elsewhere,
  otherBills = [],
}: Reconciled & Partial<Pick<Report, 'otherBills'>>): string {
  const rows = [...compared.map(comparedRow), ...elsewhere.flatMap(elsewhereRows), ...otherBills.map(otherBillRow)];
  return columnsCsv(COLUMNS, rows);
}

function otherBillRow({ account, usd }: OtherBill): Row {
  return [
    ...['other bill', '', '', '', account, 'usd'].map((cell) => ({ text: cell })),
    ...['', formatAmount(usd, 'usd'), '', ''].map((cell) => ({ number: cell })),
    ...['', 'the export has no line of this account', ''].map((cell) => ({ text: cell })),
  ];
}

function comparedRow(one: Compared): Row {
  const { day, tenant, model, measure, aws, ours, difference, percent, agrees, explained } = one;
  return [
    ...['compared', day, tenant, model, '', measure].map((cell) => ({ text: cell })),
    ...[aws, ours, difference].map((amount) => ({ number: amount === null ? '' : formatAmount(amount, measure) })),
    { number: percent === null ? '' : String(percent) },
    { text: agrees ? 'yes' : 'no' },
    { text: noteOf(one) },
    { text: explained ? 'estimates' : '' },
  ];
}

function elsewhereRows({ direct, principal, billingName, kind, quantity, cost }: Elsewhere): Row[] {
  const row = (measure: string, aws: bigint): Row => [
    ...[direct === '' ? 'elsewhere' : 'direct', '', direct, billingName, principal, measure].map((cell) => ({
      text: cell,
    })),
    { number: formatAmount(aws, measure) },
    ...['', '', ''].map((cell) => ({ number: cell })),
    ...['', '', ''].map((cell) => ({ text: cell })),
  ];
  return [...(kind === 'other' || quantity === null ? [] : [row(kind, quantity)]), row('usd', cost)];
}

export function reconcileJson({ compared, elsewhere, otherBills, ...report }: Report): object {
  const amount = (value: bigint | null, measure: string) =>
    value === null ? null : measure === 'usd' ? formatMoney(value) : Number(value);
  return {
    ...report,
    compared: compared.map((one) => ({
      ...one,
      aws: amount(one.aws, one.measure),
      ours: amount(one.ours, one.measure),
      difference: amount(one.difference, one.measure),
      note: noteOf(one),
    })),
    otherBills: otherBills.map(({ usd, ...one }) => ({ ...one, usd: formatMoney(usd) })),
    elsewhere: elsewhere.map(({ quantity, cost, ...one }) => ({
      ...one,
      quantity: amount(quantity, ''),
      usd: formatMoney(cost),
    })),
  };
}

/** @param all those that agree too */
export function reconcileText(report: Report, all: boolean): string {
  const { compared, elsewhere, otherBills, mapped, unmapped, unseen, costCenters, days, tolerance, read } = report;
  const differ = compared.filter(({ agrees }) => !agrees);
  const explained = differ.filter((one) => one.explained).length;
  const shown = all ? compared : differ;
  const skipped = Object.entries(read.skipped).map(([what, count]) => `${count} of ${what}`);
  return [
    `AWS's bill against the ledger, ${daysText(days)} (UTC), tolerance ${tolerance} %: ${compared.length - differ.length} measures agree, ${differ.length} differ${explained > 0 ? `, ${explained} of them by no more than what was estimated` : ''}`,
    `lines read: ${read.lines}; ours ${read.ours}, of other callers ${read.elsewhere}, repeated ${read.repeated}${skipped.length > 0 ? `; passed over: ${skipped.join(', ')}` : ''}`,
    ...(mapped.length === 0
      ? []
      : [`models by their names on the bill: ${mapped.map(({ name, model }) => `${name} = ${model}`).join(', ')}`]),
    ...section(tenantTotals(compared)),
    ...(shown.length === 0 ? [] : section(comparedTable(shown))),
    ...(elsewhere.length === 0 ? [] : ['', 'On the bill and in no ledger of ours:', elsewhereTable(elsewhere)]),
    ...(otherBills.length === 0
      ? []
      : section(
          `In the ledger, and on the bill of an account that this export has no line of: ${otherBills.map(({ account, calls, usd }) => `${account} (${calls} calls, $${formatMoney(usd)})`).join(', ')}`,
        )),
    ...(unmapped.length === 0 ? [] : section(mappingHint(unmapped, unseen))),
    ...(costCenters.length === 0
      ? []
      : section(
          `Cost centres on the bill that the ledger has not: ${costCenters.map(({ tenant, costCenter }) => `${costCenter} (${tenant})`).join(', ')}`,
        )),
  ].join('\n');
}

function section(content: string): string[] {
  return content === '' ? [] : ['', content];
}

function comparedTable(rows: readonly Compared[]): string {
  const columns = [
    ...['day', 'tenant', 'model', 'measure'].map(text),
    ...['aws', 'ours', 'difference', 'percent'].map(number),
    text('note'),
  ];
  return columnsTable(
    columns,
    rows.map((one) => {
      const [, day, tenant, model, , measure, aws, ours, difference, percent, , note] = comparedRow(one);
      return [day, tenant, model, measure, aws, ours, difference, percent, note].flatMap((cell) =>
        cell ? [cell] : [],
      );
    }),
  );
}

function tenantTotals(compared: readonly Compared[]): string {
  const money = compared.filter(({ measure }) => measure === 'usd');
  const rows = [...Map.groupBy(money, ({ tenant }) => tenant)].sort(([a], [b]) => (a < b ? -1 : 1));
  if (rows.length === 0) return '';
  const sum = (of: readonly (bigint | null)[]) => of.reduce<bigint>((total, each) => total + (each ?? 0n), 0n);
  return columnsTable(
    [
      text('tenant'),
      { name: 'aws_usd', kind: 'money' },
      { name: 'ours_usd', kind: 'money' },
      { name: 'difference', kind: 'money' },
      text(''),
    ],
    rows.map(([tenant, of]): Row => {
      const [aws, ours] = [sum(of.map((one) => one.aws)), sum(of.map((one) => one.ours))];
      const open = of.some((one) => one.ours === null);
      return [
        { text: tenant },
        ...[aws, ours, aws - ours].map((amount) => ({ number: formatMoney(amount) })),
        { text: open ? 'without what is unpriced' : ' ' },
      ];
    }),
  );
}

function elsewhereTable(elsewhere: readonly Elsewhere[]): string {
  return table(
    ['who', 'caller', 'model', 'measure', 'quantity', 'usd'],
    elsewhere.map(({ direct, principal, billingName, kind, quantity, cost }) => [
      direct === '' ? 'no caller of ours' : `${direct}, direct`,
      principal,
      billingName,
      kind,
      quantity === null ? '' : String(quantity),
      formatMoney(cost),
    ]),
  );
}

function mappingHint(unmapped: readonly string[], unseen: readonly string[]): string {
  return [
    `Compared together as "*", because nothing says which model these names of the bill are: ${unmapped.join(', ')}`,
    `Models of the ledger that they may be: ${unseen.join(', ') || 'none'}`,
    `Say it with --map, e.g. --map '${unmapped[0]}=${unseen[0] ?? 'MODEL'}'`,
  ].join('\n');
}
