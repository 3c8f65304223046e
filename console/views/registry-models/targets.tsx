import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { type Me, mayAll } from '../../me.ts';
import { Badge, Note, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { TypeToConfirm } from '../../ui/confirm.tsx';
import { Select } from '../../ui/inputs.tsx';
import { useAct, useLoad } from '../../ui/load.ts';
import { Card, Toolbar } from '../../ui/page.tsx';
import { Empty, Loaded, Problem } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Count, Dash, Name, Time } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import type { Model } from './model.ts';

interface TargetState {
  target: string;
  region: string;
  account?: string;
  group: string | null;
  state: 'open' | 'cooling' | 'throttling' | 'failing' | 'drained' | 'gone';
  coolingUntil: string | null;
  share: number | null;
  attempts: number;
  errorRate: number | null;
  firstByteMs: number | null;
}

const TONES: Record<TargetState['state'], Tone> = {
  ...{ open: 'good', cooling: 'warn', throttling: 'warn' },
  ...{ failing: 'bad', drained: 'neutral', gone: 'neutral' },
};

const MINUTES = ['5', '15', '60'].map((value) => ({ value, label: `Calls of the last ${value} minutes` }));

/** How the model’s places answer, and sending no more calls to those of a region. */
export function Targets({
  model,
  me,
  version,
  onChanged,
}: {
  model: Model;
  me: Me;
  version: number | undefined;
  onChanged(): void;
}) {
  const { id } = model;
  const [minutes, setMinutes] = useState('15');
  const [draining, setDraining] = useState<string>();
  const restoring = useAct();
  const path = `/admin/models${pathOf(id)}`;
  const found = useLoad(
    async (signal) =>
      (await api.get<{ complete: boolean; items: readonly TargetState[] }>(`${path}/targets`, { minutes }, signal))
        .body,
    [id, minutes],
  );
  const changed = () => {
    found.reload();
    onChanged();
  };
  const drain = (region: string, drained: boolean, at: number | undefined) =>
    api.send('POST', `${path}/drain`, { region, drained }, { version: at });
  const restore = async (region: string) => {
    if (await restoring.run(() => drain(region, false, version))) toast(`Calls may go to ${region} again.`);
    // Where it was refused for another's edit, it is of the entry as that left it.
    changed();
  };
  return (
    <div class="stack">
      <Toolbar>
        <Select label="Of which calls" value={minutes} options={MINUTES} onChange={setMinutes} />
        <Button icon="refresh" onClick={found.reload} busy={found.state === 'loading'}>
          Look again
        </Button>
      </Toolbar>
      {restoring.problem !== undefined && <Problem error={restoring.problem} />}
      <Card flush>
        <Loaded of={found} label="Reading the latest calls">
          {({ items, complete }) => (
            <>
              {!complete && <Note>There were more calls than could be read at once: these are the latest.</Note>}
              {items.length === 0 ? (
                <Empty title="It has no places" />
              ) : (
                <Table
                  caption="Places"
                  rows={items}
                  rowKey={(one) => `${one.region} ${one.target} ${one.account ?? ''} ${one.group ?? ''}`}
                  columns={[
                    {
                      head: 'Region',
                      sort: ({ region }) => region,
                      cell: ({ region, account }) => (account === undefined ? region : `${region}, account ${account}`),
                    },
                    { head: 'Target', cell: ({ target }) => <Name mono>{target}</Name> },
                    {
                      head: 'State',
                      cell: ({ state, coolingUntil }) => (
                        <span class="stacked">
                          <Badge tone={TONES[state]}>{state}</Badge>
                          {coolingUntil !== null && (
                            <span class="muted">
                              until <Time at={coolingUntil} />
                            </span>
                          )}
                        </span>
                      ),
                    },
                    { head: 'Of all attempts', align: 'end', cell: ({ share }) => percent(share) },
                    {
                      head: 'Attempts',
                      align: 'end',
                      sort: (one) => one.attempts,
                      cell: (one) => <Count of={one.attempts} />,
                    },
                    {
                      head: 'Failed',
                      align: 'end',
                      sort: (one) => one.errorRate ?? 0,
                      cell: (one) => percent(one.errorRate),
                    },
                    {
                      head: 'First byte',
                      align: 'end',
                      cell: ({ firstByteMs }) => <Count of={firstByteMs ?? undefined} unit="ms" />,
                    },
                    ...(mayAll(me, 'models', 'write')
                      ? [
                          {
                            head: 'Actions',
                            unnamed: true,
                            cell: ({ state, region }: TargetState) =>
                              state === 'drained' ? (
                                <Button small busy={restoring.busy} onClick={() => restore(region)}>
                                  Send calls again
                                </Button>
                              ) : state === 'gone' || items.length < 2 ? null : (
                                <Button
                                  small
                                  kind="danger"
                                  label={`Drain ${region}`}
                                  onClick={() => setDraining(region)}
                                >
                                  Drain
                                </Button>
                              ),
                          },
                        ]
                      : []),
                  ]}
                />
              )}
            </>
          )}
        </Loaded>
      </Card>
      {draining !== undefined && (
        <TypeToConfirm
          title={`Send no calls to ${draining}`}
          verb="Drain"
          name={draining}
          consequences={
            <p>
              Within a minute no call of <Name>{id}</Name> goes there. Tenants whose grants allow no other region are
              answered with 503 until calls may go there again.
            </p>
          }
          onClose={() => setDraining(undefined)}
          of={{ path, seen: model, version }}
          onConfirm={async (at) => {
            await drain(draining, true, at);
            toast(`${draining} is drained.`);
            changed();
          }}
        />
      )}
    </div>
  );
}

function percent(share: number | null) {
  return share === null ? <Dash /> : `${(100 * share).toFixed(1)} %`;
}
