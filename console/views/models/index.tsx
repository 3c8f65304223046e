import { api } from '../../api.ts';
import { setQuery } from '../../router.ts';
import { useLoad } from '../../ui/load.ts';
import { Page, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import type { ViewProps } from '../../view.ts';
import { Catalogue } from './catalogue.tsx';
import { Detail } from './detail.tsx';
import { Held } from './held.tsx';
import { Mine } from './mine.tsx';
import type { HeldModel } from './model.ts';

type Tab = 'held' | 'ask' | 'asked';

/** What I may use, until when, and what I may ask for. */
export default function ModelsView({ me, rest, query }: ViewProps) {
  const held = useLoad(
    async (signal) => (await api.get<{ data: HeldModel[] }>('/v1/models', {}, signal)).body.data,
    [],
  );
  const [id] = rest;
  if (id !== undefined) return <Detail id={id} of={held} me={me} />;
  const { q = '' } = query;
  const tab: Tab = me.admin && (query.tab === 'ask' || query.tab === 'asked') ? query.tab : 'held';
  const tabs: { id: Tab; label: string }[] = [
    { id: 'held', label: 'What I may use' },
    ...(me.admin
      ? ([
          { id: 'ask', label: 'Ask for more' },
          { id: 'asked', label: 'What I asked for' },
        ] as const)
      : []),
  ];
  return (
    <Page title="Models" about="What you may call, what it can do, and until when.">
      <Tabs label="Models" tabs={tabs} value={tab} onChange={(to) => setQuery({ tab: to === 'held' ? undefined : to })}>
        <div class="stack">
          {tab !== 'asked' && (
            <Toolbar>
              <Search key={tab} label="Search by name or id" value={q} onChange={(to) => setQuery({ q: to })} />
            </Toolbar>
          )}
          {tab === 'held' && <Loaded of={held}>{(models) => <Held models={models} search={q} me={me} />}</Loaded>}
          {tab === 'ask' && <Catalogue me={me} held={held.value ?? []} search={q} />}
          {tab === 'asked' && <Mine me={me} />}
        </div>
      </Tabs>
    </Page>
  );
}
