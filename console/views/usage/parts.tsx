import { useState } from 'preact/hooks';
import { csvOf } from '../../csv.ts';
import type { Days } from '../../days.ts';
import { isFound } from '../../found.ts';
import { useMe } from '../../me.ts';
import { href, setQuery } from '../../router.ts';
import { saveText } from '../../save.ts';
import { Button } from '../../ui/button.tsx';
import { useAct, useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, Loaded, Problem } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Count, Money, Name, NameLink } from '../../ui/text.tsx';
import { readUsage } from './data.ts';
import { csvColumns, type Group, grouped, type Row, totalsOf } from './rows.ts';

const PARTS = [
  { id: 'model', label: 'By model' },
  { id: 'principal', label: 'By principal' },
  { id: 'day', label: 'By day' },
] as const satisfies { id: Group; label: string }[];

/** The same usage as tables, and as files. @param data by day and model @param part which table is shown */
export function Parts({ data, days, part }: { data: readonly Row[]; days: Days; part: string | undefined }) {
  const { id } = PARTS.find((one) => one.id === part) ?? PARTS[0];
  const saving = useAct();
  const save = (by: readonly Group[]) =>
    saving.run(async () => {
      const { data: rows } = await readUsage(days, by, AbortSignal.timeout(60_000));
      saveText(`usage-${days.from}-${days.to}-${by.join('-')}.csv`, csvOf(csvColumns(by, rows), rows));
    });
  return (
    <Card
      title="In detail"
      actions={
        <>
          <Button small icon="download" busy={saving.busy} onClick={() => save([id])}>
            CSV, as shown
          </Button>
          <Button small icon="download" busy={saving.busy} onClick={() => save(['day', 'model', 'principal'])}>
            CSV, every row
          </Button>
        </>
      }
    >
      {saving.problem !== undefined && <Problem error={saving.problem} />}
      <Tabs label="What it is counted by" tabs={PARTS} value={id} onChange={(by) => setQuery({ by })}>
        {id === 'principal' ? <Principals days={days} /> : <Groups key={id} by={id} rows={data} />}
      </Tabs>
    </Card>
  );
}

/** Read when they are looked at: there may be very many. */
function Principals({ days }: { days: Days }) {
  const used = useLoad((signal) => readUsage(days, ['principal'], signal), [days.from, days.to]);
  return <Loaded of={used}>{({ data }) => <Groups by="principal" rows={data} />}</Loaded>;
}

const HEADS: Readonly<Record<Group, string>> = { day: 'Day', model: 'Model', principal: 'Principal' };

/** Rows that are drawn at first, and more of each time. */
const DRAWN = 100;

function Groups({ by, rows }: { by: Group; rows: readonly Row[] }) {
  const [sought, setSought] = useState('');
  const [drawn, setDrawn] = useState(DRAWN);
  const all = grouped(rows, by)
    .map((group) => ({ ...group, totals: totalsOf(group.rows) }))
    .sort((a, b) => (by === 'day' ? (a.name < b.name ? 1 : -1) : (b.totals.cost ?? 0) - (a.totals.cost ?? 0)));
  const found = all.filter(({ name }) => isFound(sought, name));
  return (
    <>
      {all.length > 10 && by !== 'day' && <Search label={`Search ${all.length}`} value={sought} onChange={setSought} />}
      {found.length === 0 ? (
        <Empty title="None is called so" icon="search" />
      ) : (
        <Table
          caption={`Usage by ${by}`}
          rows={found}
          most={drawn}
          rowKey={({ name }) => name}
          columns={[
            {
              head: HEADS[by],
              cell: ({ name }) => <Called by={by} name={name} />,
              sort: ({ name }) => name,
            },
            {
              head: 'Calls',
              align: 'end',
              cell: ({ totals }) => <Count of={totals.calls} />,
              sort: ({ totals }) => totals.calls,
            },
            {
              head: 'Tokens in',
              align: 'end',
              cell: ({ totals }) => <Count of={totals.input} />,
              sort: ({ totals }) => totals.input,
            },
            {
              head: 'Tokens out',
              align: 'end',
              cell: ({ totals }) => <Count of={totals.output} />,
              sort: ({ totals }) => totals.output,
            },
            {
              head: 'Cost',
              align: 'end',
              cell: ({ totals }) => <Money usd={totals.cost} />,
              sort: ({ totals }) => totals.cost ?? -1,
            },
          ]}
        />
      )}
      {found.length > drawn && (
        <div class="more">
          <Button onClick={() => setDrawn(drawn + DRAWN)}>Show more</Button>
          <span class="muted">
            {drawn} of {found.length}
          </span>
        </div>
      )}
    </>
  );
}

/** What a row is of, and the way to its calls. */
function Called({ by, name }: { by: Group; name: string }) {
  const { admin, tenant } = useMe();
  if (name === '') return <span class="muted">others, too small to be told apart</span>;
  if (by === 'day' || !admin) return <Name>{name}</Name>;
  return <NameLink href={href(['requests'], { [by]: name, tenant })}>{name}</NameLink>;
}
