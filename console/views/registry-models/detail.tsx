import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { type Me, mayAll } from '../../me.ts';
import { setQuery } from '../../router.ts';
import { Button } from '../../ui/button.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card, Page } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Name } from '../../ui/text.tsx';
import { type Act, ActDialog, actsOf } from './acts.tsx';
import { EditModel } from './edit.tsx';
import { Impact } from './impact.tsx';
import type { Model } from './model.ts';
import { Overview } from './overview.tsx';
import { Prices } from './prices.tsx';
import { Targets } from './targets.tsx';
import { Versions } from './versions.tsx';

const BACK = { href: '#/registry-models', label: 'Model registry' };

/** One model in full, and what can be done with it. */
export function ModelPage({ id, me, query }: { id: string; me: Me; query: Readonly<Record<string, string>> }) {
  const model = useLoad((signal) => api.get<Model>(`/admin/models${pathOf(id)}`, {}, signal), [id]);
  const [act, setAct] = useState<Act | 'edit'>();
  const writes = mayAll(me, 'models', 'write');
  const close = () => setAct(undefined);
  const tabs = [
    { id: 'overview', label: 'Overview' },
    { id: 'prices', label: 'Prices' },
    // What others hold of it, and how its places are called, is not for who sees its own tenant alone.
    ...(mayAll(me, 'models') ? [{ id: 'targets', label: 'Targets and health' }] : []),
    ...(mayAll(me, 'grants') ? [{ id: 'impact', label: 'Who uses it' }] : []),
    ...(mayAll(me, 'models') ? [{ id: 'versions', label: 'Versions' }] : []),
  ];
  const tab = tabs.some(({ id: one }) => one === query.tab) ? query.tab : 'overview';
  const known = model.value?.body;
  return (
    <Page
      title={id}
      heading={<Name wrap>{known?.displayName ?? id}</Name>}
      about={known?.displayName === undefined ? undefined : <code>{id}</code>}
      back={BACK}
      actions={
        writes &&
        known !== undefined && (
          <>
            <Button icon="edit" onClick={() => setAct('edit')}>
              Edit
            </Button>
            {actsOf(known).map(({ act: one, label, danger }) => (
              <Button key={one} kind={danger ? 'danger' : 'plain'} onClick={() => setAct(one)}>
                {label}
              </Button>
            ))}
          </>
        )
      }
    >
      <Loaded of={model} label="Loading the model">
        {({ body, version }) => (
          <>
            <Tabs
              label="Of this model"
              tabs={tabs}
              value={tab ?? 'overview'}
              onChange={(to) => setQuery({ tab: to === 'overview' ? undefined : to })}
            >
              {tab === 'prices' ? (
                <Prices me={me} model={body} version={version} onChanged={model.reload} />
              ) : tab === 'targets' ? (
                <Targets model={body} me={me} version={version} onChanged={model.reload} />
              ) : tab === 'impact' ? (
                <Card flush>
                  <Impact model={id} />
                </Card>
              ) : tab === 'versions' ? (
                <Versions model={body} version={version ?? body.version} writes={writes} onChanged={model.reload} />
              ) : (
                <Overview model={body} />
              )}
            </Tabs>
            {act === 'edit' ? (
              <EditModel seen={body} version={version} onClose={close} onSaved={model.reload} />
            ) : (
              act !== undefined && (
                <ActDialog act={act} model={body} version={version} onClose={close} onDone={model.reload} />
              )
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
