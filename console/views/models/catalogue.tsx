import { useState } from 'preact/hooks';
import { isFound } from '../../found.ts';
import type { Me } from '../../me.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Count, Name, Stacked } from '../../ui/text.tsx';
import type { AccessRequest } from '../access-requests/request.ts';
import { Ask } from './ask.tsx';
import { Abilities, EndingBadge } from './held.tsx';
import { type AskableModel, askableAbilities, endingOfAskable, type HeldModel } from './model.ts';

/** What may be asked for, and what I have asked for of it. */
export function Catalogue({ me, held, search }: { me: Me; held: readonly HeldModel[]; search: string }) {
  const [wanted, setWanted] = useState<AskableModel>();
  const list = usePaged<AskableModel>('/admin/catalogue', {}, 200);
  const own = { tenant: me.tenant, principal: me.principal, status: 'open' };
  const open = usePaged<AccessRequest>('/admin/access-requests', own, 200);
  const [mine, asked] = [new Set(held.map(({ id }) => id)), new Set(open.items.map(({ model }) => model))];
  const columns: Column<AskableModel>[] = [
    {
      head: 'Model',
      sort: ({ id }) => id,
      cell: ({ id, displayName }) => (
        <Stacked under={<Name mono>{id}</Name>}>
          <Name>{displayName ?? id}</Name>
        </Stacked>
      ),
    },
    { head: 'Can', cell: (model) => <Abilities of={askableAbilities(model)} /> },
    { head: 'Context', align: 'end', cell: ({ limits }) => <Count of={limits?.context} /> },
    { head: 'Longest answer', align: 'end', cell: ({ limits }) => <Count of={limits?.output} /> },
    {
      head: 'Until',
      cell: (model) => {
        const ending = endingOfAskable(model);
        return ending === undefined ? <span class="muted">no end</span> : <EndingBadge of={ending} />;
      },
    },
    {
      head: 'Actions',
      unnamed: true,
      cell: (model) => (
        <div class="row">
          {mine.has(model.id) ? (
            <Badge tone="good">yours</Badge>
          ) : asked.has(model.id) ? (
            <Badge tone="info">asked for</Badge>
          ) : (
            <Button small label={`Ask for it: ${model.id}`} onClick={() => setWanted(model)}>
              Ask for it
            </Button>
          )}
        </div>
      ),
    },
  ];
  return (
    <Card flush>
      <PagedList
        of={list}
        empty={
          <Empty title="Nothing may be asked for">
            <p>An operator says of a model that it may be.</p>
          </Empty>
        }
      >
        {(models) => {
          const found = models.filter(({ id, displayName }) => isFound(search, id, displayName));
          if (found.length === 0) return <Empty title="None of them is called so" icon="search" />;
          return <Table caption="What may be asked for" columns={columns} rows={found} rowKey={({ id }) => id} />;
        }}
      </PagedList>
      {wanted !== undefined && (
        <Ask model={wanted} onAsked={() => open.reload()} onClose={() => setWanted(undefined)} />
      )}
    </Card>
  );
}
