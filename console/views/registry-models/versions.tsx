import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import type { Difference } from '../../difference.ts';
import { may, useMe } from '../../me.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { TypeToConfirm } from '../../ui/confirm.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Differences } from '../../ui/differences.tsx';
import { Select } from '../../ui/inputs.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Name, Stacked, Time } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import type { Model } from './model.ts';

interface Edit {
  edit?: number;
  at: string;
  by: string;
  change: string;
  after: { version: number } | null;
  differences: readonly Difference[];
}

/** Every version of the entry: who made it and how, what two of them differ in, and the way back to one. */
export function Versions({
  model,
  version,
  writes,
  onChanged,
}: {
  model: Model;
  version: number;
  writes: boolean;
  onChanged(): void;
}) {
  const [open, setOpen] = useState<{ is: 'compare' | 'back'; version: number }>();
  const audits = may(useMe(), 'audit');
  const { id } = model;
  const path = `/admin/models${pathOf(id)}`;
  const history = useLoad(
    async (signal) => (await api.get<{ items: readonly Edit[] }>(`${path}/history`, {}, signal)).body.items,
    [id, version],
  );
  return (
    <Card flush>
      <Loaded of={history} label="Reading its history">
        {(edits) =>
          edits.length === 0 ? (
            <Empty title="Nothing is known of how it was made" />
          ) : (
            <>
              <Table
                caption="Versions"
                rows={[...edits].reverse()}
                rowKey={({ edit, at }) => `${edit ?? at}`}
                columns={[
                  {
                    head: 'Version',
                    cell: ({ after }) => (
                      <span class="row">
                        {after?.version ?? '–'}
                        {after?.version === version && <Badge tone="info">now</Badge>}
                      </span>
                    ),
                  },
                  {
                    head: 'When',
                    cell: ({ at, edit }) =>
                      edit === undefined || !audits ? (
                        <Time at={at} />
                      ) : (
                        <a href={href(['audit', String(edit)])}>
                          <Time at={at} />
                        </a>
                      ),
                  },
                  { head: 'Who', cell: ({ by }) => <Name>{by}</Name> },
                  {
                    head: 'What',
                    cell: ({ change, differences }) => (
                      <Stacked under={<Name>{differences.map((one) => one.path).join(', ') || 'nothing'}</Name>}>
                        {change}
                      </Stacked>
                    ),
                  },
                  {
                    head: 'Actions',
                    unnamed: true,
                    cell: ({ after }) =>
                      after !== null && (
                        <div class="row">
                          <Button
                            small
                            label={`Compare version ${after.version}`}
                            onClick={() => setOpen({ is: 'compare', version: after.version })}
                          >
                            Compare
                          </Button>
                          {writes && after.version !== version && (
                            <Button
                              small
                              kind="danger"
                              label={`Go back to version ${after.version}`}
                              onClick={() => setOpen({ is: 'back', version: after.version })}
                            >
                              Go back
                            </Button>
                          )}
                        </div>
                      ),
                  },
                ]}
              />
              {open?.is === 'compare' && (
                <Compare
                  path={path}
                  version={open.version}
                  all={edits.flatMap(({ after }) => after?.version ?? [])}
                  onClose={() => setOpen(undefined)}
                />
              )}
            </>
          )
        }
      </Loaded>
      {open?.is === 'back' && (
        <TypeToConfirm
          wide
          title={`Go back to version ${open.version}`}
          verb="Go back"
          name={id}
          consequences={
            <>
              <p>
                Calls follow it within a minute. It becomes a version of its own, so that this can be taken back, too.
              </p>
              <Between path={path} from={version} to={open.version} heads={['Now', 'Then']} />
            </>
          }
          onClose={() => setOpen(undefined)}
          of={{ path, seen: model, version }}
          onConfirm={async (at) => {
            await api.send('POST', `${path}/rollback`, { version: open.version }, { version: at });
            toast(`${id} is again what it was in version ${open.version}.`);
            onChanged();
          }}
        />
      )}
    </Card>
  );
}

function Compare({
  path,
  version,
  all,
  onClose,
}: {
  path: string;
  version: number;
  all: readonly number[];
  onClose(): void;
}) {
  const [base, setBase] = useState(String(version - 1));
  const options = [...new Set([...all, 0])]
    .sort((a, b) => b - a)
    .map((one) => ({ value: String(one), label: one === 0 ? 'with nothing' : `with version ${one}` }));
  return (
    <Dialog
      wide
      title={`Version ${version}, compared`}
      onClose={onClose}
      footer={
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Select label="Compared with which version" value={base} onChange={setBase} options={options} />
      <Between
        path={path}
        from={Number(base)}
        to={version}
        heads={[base === '0' ? 'Nothing' : `Version ${base}`, `Version ${version}`]}
      />
    </Dialog>
  );
}

function Between({
  path,
  from,
  to,
  heads,
}: {
  path: string;
  from: number;
  to: number;
  heads: readonly [string, string];
}) {
  const found = useLoad(
    async (signal) =>
      (
        await api.get<{ differences: readonly Difference[] }>(
          `${path}/difference`,
          { version: to, with: from === 0 ? undefined : from },
          signal,
        )
      ).body.differences,
    [path, from, to],
  );
  return <Loaded of={found}>{(differences) => <Differences of={differences} heads={heads} />}</Loaded>;
}
