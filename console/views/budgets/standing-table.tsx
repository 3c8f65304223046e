import type { ComponentChildren } from 'preact';
import { Badge, Meter } from '../../ui/badge.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Name, Stacked, Time } from '../../ui/text.tsx';
import { amountOf, leftOf, type Standing, shareOf } from './standing.ts';

/** Where each counter stands. @param actions what can be done to a budget */
export function StandingTable({
  caption,
  rows,
  actions,
}: {
  caption: string;
  rows: readonly Standing[];
  actions?: (one: Standing) => ComponentChildren;
}) {
  const columns: Column<Standing>[] = [
    {
      head: 'Budget',
      sort: ({ id }) => id,
      cell: ({ id, from, enforcement }) => (
        <span class="row">
          <Name>{id}</Name>
          {from === 'stage' && <Badge>every tenant’s</Badge>}
          {enforcement === 'soft' && <Badge tone="info">only warns</Badge>}
        </span>
      ),
    },
    { head: 'Counts', cell: (one) => <Counted of={one} /> },
    {
      head: 'Limit',
      align: 'end',
      cell: ({ limit, unit, period }) => (
        <Stacked under={`a ${period}`}>
          <span class="number" title={`${limit} ${unit}`}>
            {amountOf(limit, unit)}
          </span>
        </Stacked>
      ),
    },
    { head: 'Used', sort: (one) => shareOf(one), cell: (one) => <Used of={one} /> },
    {
      head: 'Left',
      align: 'end',
      cell: ({ left, unit }) => (
        <span class="number" title={`${left} ${unit}`}>
          {leftOf(left, unit)}
        </span>
      ),
    },
    {
      head: 'Begins anew',
      sort: ({ resetsAt }) => resetsAt,
      cell: ({ resetsAt }) => (
        <Stacked under={<Time at={resetsAt} />}>
          <Time at={resetsAt} ago />
        </Stacked>
      ),
    },
    ...(actions === undefined ? [] : [{ head: 'Actions', unnamed: true, cell: actions }]),
  ];
  return <Table caption={caption} columns={columns} rows={rows} rowKey={({ id, of }) => `${id} ${of}`} />;
}

function Counted({ of: { per, of } }: { of: Standing }) {
  if (per === 'tenant') return <>the whole tenant</>;
  if (of === null) return <span class="muted">each {per}: none yet</span>;
  return (
    <Stacked under={per === 'principal' ? 'a caller' : 'a model'}>
      <Name>{of}</Name>
    </Stacked>
  );
}

function Used({ of }: { of: Standing }) {
  const share = shareOf(of);
  const { used, reserved, unit, id } = of;
  return (
    <Stacked under={Number(reserved) > 0 && `${amountOf(reserved, unit)} by calls under way`}>
      <span class="number" title={`${used} ${unit}`}>
        {amountOf(used, unit)} <span class="muted">{`${Math.floor(share * 100)}\u00a0%`}</span>
      </span>
      <Meter value={share} max={1} label={`Used of the budget ${id}`} />
    </Stacked>
  );
}
