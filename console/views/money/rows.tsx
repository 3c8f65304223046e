import { href, parseRoute } from '../../route.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Count, Dash, Money, Name, NameLink } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import { nameOf, shareOf, tokensIn } from './bars.ts';
import { DIMENSIONS, type Dimension, type Names, type Report, type Row } from './report.ts';

/** A report as a table, and the way to more of its rows. */
export function Rows({ report, by, onMore }: { report: Report; by: readonly Dimension[]; onMore(): void }) {
  const { items, others, total } = report;
  const columns: Column<Row>[] = [
    ...nameColumns<Row>(by),
    {
      head: 'Cost',
      align: 'end',
      cell: ({ cost }) => <Money usd={cost?.total ?? null} />,
      sort: ({ cost }) => Number(cost?.total ?? -1),
    },
    {
      head: 'Share',
      align: 'end',
      cell: (row) => <Share of={shareOf(row, total)} />,
      sort: (row) => shareOf(row, total) ?? -1,
    },
    {
      head: 'Calls',
      align: 'end',
      cell: ({ invocations }) => <Count of={invocations} />,
      sort: ({ invocations }) => invocations,
    },
    { head: 'Tokens in', align: 'end', cell: (row) => <Count of={tokensIn(row)} />, sort: tokensIn },
    {
      head: 'Tokens out',
      align: 'end',
      cell: ({ tokens }) => <Count of={tokens.output} />,
      sort: ({ tokens }) => tokens.output,
    },
    {
      head: 'Open',
      align: 'end',
      cell: ({ unpriced, unsettled }) =>
        unpriced + unsettled === 0 ? <Dash /> : <Badge tone="warn">{count(unpriced + unsettled)}</Badge>,
      sort: ({ unpriced, unsettled }) => unpriced + unsettled,
    },
  ];
  return (
    <>
      <Table
        caption="Cost, row by row"
        part={others !== undefined}
        rows={items}
        rowKey={(row) => nameOf(row, by)}
        columns={columns}
      />
      {others !== undefined && (
        <div class="more">
          <Button onClick={onMore}>Show more</Button>
          <span class="muted">
            The {count(items.length)} costliest; {count(others.rows)} others cost{' '}
            <Money usd={others.cost?.total ?? null} /> together
          </span>
        </div>
      )}
    </>
  );
}

/** What narrows the report to one name when it is pressed. */
const NARROWS: Partial<Record<Dimension, string>> = { tenant: 'tenant', model: 'model' };

/** The names of a row; of tenants and models the way to what is theirs alone. */
export function nameColumns<R extends Names>(by: readonly Dimension[]): Column<R>[] {
  return by.map((dimension): Column<R> => {
    const { member, head } = DIMENSIONS[dimension];
    const nameIn = (row: R): string => row[member] ?? '';
    return { head, sort: nameIn, cell: (row) => <Named name={nameIn(row)} narrows={NARROWS[dimension]} /> };
  });
}

function Named({ name, narrows }: { name: string; narrows: string | undefined }) {
  if (name === '') return <span class="muted">none</span>;
  if (narrows === undefined) return <Name>{name}</Name>;
  return <NameLink href={narrowed(narrows, name)}>{name}</NameLink>;
}

/** The same page, about this one alone. */
function narrowed(narrows: string, name: string): string {
  return changed({ [narrows]: name });
}

/** Another tab of it. */
export function onTab(tab: string): string {
  return changed({ tab });
}

function changed(change: Readonly<Record<string, string>>): string {
  const { segments, query } = parseRoute(location.hash);
  return href(segments, { ...query, ...change });
}

function Share({ of }: { of: number | undefined }) {
  if (of === undefined) return <Dash />;
  return <span class="number">{of >= 10 || of === 0 ? of.toFixed(0) : of.toFixed(1)} %</span>;
}
