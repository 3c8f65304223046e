import { useState } from 'preact/hooks';
import { may } from '../../me.ts';
import { href, navigate, setQuery } from '../../router.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/inputs.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card, Page, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import type { ViewProps } from '../../view.ts';
import { ModelPage } from './detail.tsx';
import { EditModel } from './edit.tsx';
import { ModelTable } from './list.tsx';
import { type Model, STATUSES } from './model.ts';
import { Proposals } from './proposals.tsx';

/** The models of the registry: every one of them, or one in full. */
export default function RegistryModels({ me, rest, query }: ViewProps) {
  const [id] = rest;
  if (id !== undefined) return <ModelPage key={id} id={id} me={me} query={query} />;
  return <Models me={me} query={query} />;
}

const ANY = [{ value: '', label: 'In any state' }, ...STATUSES.map((one) => ({ value: one, label: one }))];

function Models({ me, query }: Pick<ViewProps, 'me' | 'query'>) {
  const [making, setMaking] = useState(false);
  const { q = '', status = '', tab = 'models' } = query;
  const list = usePaged<Model>('/admin/models', { q, status }, 100);
  const operator = me.rights.models?.read === 'all';
  const models = (
    <>
      <Toolbar>
        <Search label="Search by id or name" value={q} onChange={(to) => setQuery({ q: to })} />
        <Select label="State" value={status} options={ANY} onChange={(to) => setQuery({ status: to })} />
      </Toolbar>
      <Card flush>
        <PagedList
          of={list}
          empty={
            <Empty
              title={q === '' && status === '' ? 'There are no models yet' : 'No model is like that'}
              icon="search"
            />
          }
        >
          {(found) => <ModelTable models={found} />}
        </PagedList>
      </Card>
    </>
  );
  return (
    <Page
      title="Model registry"
      about="What may be called, where it runs and what it costs. An edit holds for calls within a minute, and every one can be taken back."
      actions={
        may(me, 'models', 'write') && (
          <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
            Add a model
          </Button>
        )
      }
    >
      {operator ? (
        <Tabs
          label="Models and proposals"
          value={tab}
          onChange={(to) => setQuery({ tab: to === 'models' ? undefined : to })}
          tabs={[
            { id: 'models', label: 'Models' },
            { id: 'aws', label: 'What AWS has' },
          ]}
        >
          {tab === 'aws' ? <Proposals me={me} onApplied={list.reload} /> : <div class="stack">{models}</div>}
        </Tabs>
      ) : (
        models
      )}
      {making && (
        <EditModel
          onClose={() => setMaking(false)}
          onSaved={(model) => navigate(href(['registry-models', model.id]))}
        />
      )}
    </Page>
  );
}
