import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import type { Me } from '../../me.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { useAct, usePaged } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, PagedList, Problem } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Name, Time } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import { type AccessRequest, STATUS_TONES } from '../access-requests/request.ts';
import { Why } from '../access-requests/why.tsx';

/** What I asked for, what became of it, and what was said to it. */
export function Mine({ me }: { me: Me }) {
  const list = usePaged<AccessRequest>('/admin/access-requests', { tenant: me.tenant, principal: me.principal });
  const { busy, problem, run } = useAct();
  const [going, setGoing] = useState('');
  const withdraw = async ({ tenant, id, model, version }: AccessRequest) => {
    setGoing(id);
    const path = `/admin/access-requests${pathOf(tenant, id)}`;
    if (await run(() => api.send('DELETE', path, undefined, { version })))
      toast(`Your request for ${model} is taken back.`);
    list.reload();
  };
  const columns: Column<AccessRequest>[] = [
    { head: 'Model', sort: ({ model }) => model, cell: ({ model }) => <Name>{model}</Name> },
    {
      head: 'State',
      sort: ({ status }) => status,
      cell: ({ status }) => <Badge tone={STATUS_TONES[status]}>{status}</Badge>,
    },
    { head: 'Asked', sort: ({ askedAt }) => askedAt, cell: ({ askedAt }) => <Time at={askedAt} ago /> },
    { head: 'Why', cell: ({ why }) => <Why>{why}</Why> },
    { head: 'Answer', cell: (request) => <Said of={request} /> },
    {
      head: 'Actions',
      unnamed: true,
      cell: (request) =>
        request.status === 'open' && (
          <div class="row">
            <Button
              small
              busy={busy && going === request.id}
              label={`Take back the request for ${request.model}`}
              onClick={() => withdraw(request)}
            >
              Take back
            </Button>
          </div>
        ),
    },
  ];
  return (
    <Card flush>
      {problem !== undefined && <Problem error={problem} />}
      <PagedList
        of={list}
        empty={
          <Empty title="You asked for nothing yet">
            <a href={href(['models'], { tab: 'ask' })}>See what you may ask for</a>
          </Empty>
        }
      >
        {(items) => <Table caption="What I asked for" columns={columns} rows={items} rowKey={({ id }) => id} />}
      </PagedList>
    </Card>
  );
}

function Said({ of: { note, decidedBy, decidedAt, status } }: { of: AccessRequest }) {
  if (status === 'open') return <span class="muted">nobody has decided yet</span>;
  return (
    <span class="stacked">
      {note !== undefined && <Why>{note}</Why>}
      <span class="muted">
        {decidedBy !== undefined && <Name>{decidedBy}</Name>} <Time at={decidedAt} ago />
      </span>
    </span>
  );
}
