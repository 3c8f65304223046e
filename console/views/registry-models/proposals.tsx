import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import type { Difference } from '../../difference.ts';
import { isFound } from '../../found.ts';
import { type Me, mayAll } from '../../me.ts';
import { href } from '../../router.ts';
import { Badge, Note } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Differences } from '../../ui/differences.tsx';
import { Checkbox } from '../../ui/inputs.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Dash, Name, NameLink } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import { Approve, type Proposal } from './approve.tsx';

interface Edit extends Proposal {
  widens: readonly string[];
  differences: readonly Difference[];
}

interface Draft extends Proposal {
  name: string | null;
  regions: readonly string[];
}

interface Found {
  regions: readonly string[];
  unread: readonly { what: string; region: string; reason: string }[];
  edits: readonly Edit[];
  drafts: readonly Draft[];
  findings: readonly { model: string; target: string; region: string; says: string; detail: string }[];
}

/** What AWS has otherwise than the registry, each to be approved or left. Nothing here can grant anything. */
export function Proposals({ me, onApplied }: { me: Me; onApplied(): void }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [approving, setApproving] = useState(false);
  const found = useLoad(async (signal) => (await api.get<Found>('/admin/sync', {}, signal)).body, []);
  const writes = mayAll(me, 'models', 'write');
  const choose = (model: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(model);
    else next.delete(model);
    setChosen(next);
  };
  const pick = { chosen, choose, writes };
  if (found.state === 'error' && found.error.status === 404)
    return (
      <Empty title="This stage does not look at what AWS has">
        <p>{found.error.detail}</p>
      </Empty>
    );
  return (
    <Loaded of={found} label="Asking AWS what it has">
      {({ regions, unread, edits, drafts, findings }) => {
        const all: readonly Proposal[] = [...edits, ...drafts];
        const approved = all.filter(({ model }) => chosen.has(model));
        return (
          <div class="stack">
            <div class="row">
              <Button icon="refresh" busy={found.state === 'loading'} onClick={found.reload}>
                Look again
              </Button>
              {writes && (
                <Button kind="primary" disabled={approved.length === 0} onClick={() => setApproving(true)}>
                  Approve {count(approved.length)}
                </Button>
              )}
              <span class="muted">
                <Name>{`Looked at ${regions.join(', ')}`}</Name>
              </span>
            </div>
            {unread.length > 0 && (
              <Note tone="warn">
                {unread.map(({ what, region, reason }) => (
                  <div key={`${what} ${region}`}>
                    The {what} of {region} could not be read: {reason}. Nothing is said of them.
                  </div>
                ))}
              </Note>
            )}
            {findings.length > 0 && <Findings of={findings} />}
            <Card title="To change" about="When a model ends, and where AWS runs it." flush>
              {edits.length === 0 ? (
                <Empty title="The registry says what AWS says" icon="check" />
              ) : (
                edits.map((edit) => <EditProposal key={edit.model} edit={edit} {...pick} />)
              )}
            </Card>
            <Drafts drafts={drafts} {...pick} />
            {approving && (
              <Approve
                proposals={approved}
                onClose={() => setApproving(false)}
                onDone={() => {
                  setChosen(new Set());
                  found.reload();
                  onApplied();
                }}
              />
            )}
          </div>
        );
      }}
    </Loaded>
  );
}

interface Pick {
  chosen: ReadonlySet<string>;
  choose(model: string, on: boolean): void;
  writes: boolean;
}

function EditProposal({ edit, chosen, choose, writes }: Pick & { edit: Edit }) {
  return (
    <div class="proposal">
      <div class="row">
        {writes && (
          <Checkbox
            hidden
            label={`Approve ${edit.model}`}
            checked={chosen.has(edit.model)}
            onChange={(on) => choose(edit.model, on)}
          />
        )}
        <NameLink href={href(['registry-models', edit.model])}>{edit.model}</NameLink>
        {edit.widens.length > 0 && <Badge tone="warn">calls may then run in {edit.widens.join(', ')}</Badge>}
      </div>
      <Differences of={edit.differences} caption={`What would change of ${edit.model}`} />
    </div>
  );
}

const SHOWN = 100;

function Drafts({ drafts, chosen, choose, writes }: Pick & { drafts: readonly Draft[] }) {
  const [text, setText] = useState('');
  const matching = drafts.filter(({ model, name }) => isFound(text, `${model} ${name ?? ''}`));
  return (
    <Card
      title="New"
      about="Made as drafts, without a price and granted to nobody, which nobody can call until they are activated."
      actions={drafts.length > 10 && <Search label="Search what is new" value={text} onChange={setText} />}
      flush
    >
      {matching.length === 0 ? (
        <Empty title={drafts.length === 0 ? 'There is nothing new' : 'Nothing is like that'} icon="search" />
      ) : (
        <Table
          caption="What could be made"
          rows={matching}
          most={SHOWN}
          rowKey={({ model }) => model}
          columns={[
            {
              head: 'Model',
              sort: ({ model }) => model,
              cell: ({ model }) =>
                writes ? (
                  <Checkbox label={model} checked={chosen.has(model)} onChange={(on) => choose(model, on)} />
                ) : (
                  <Name>{model}</Name>
                ),
            },
            { head: 'Name', cell: ({ name }) => (name === null ? <Dash /> : <Name>{name}</Name>) },
            { head: 'Regions', cell: ({ regions }) => <Name>{[...new Set(regions)].join(', ')}</Name> },
          ]}
        />
      )}
      {matching.length > SHOWN && <p class="more muted">{count(matching.length - SHOWN)} more: search for them.</p>}
    </Card>
  );
}

function Findings({ of }: { of: Found['findings'] }) {
  return (
    <Card
      title="For you to decide"
      about="Nothing is proposed for these: a price, a drain or an end is yours to say."
      flush
    >
      <Table
        caption="What AWS says of them"
        rows={of}
        rowKey={({ model, target, region }) => `${model} ${target} ${region}`}
        columns={[
          {
            head: 'Model',
            cell: ({ model }) => <NameLink href={href(['registry-models', model])}>{model}</NameLink>,
          },
          { head: 'Target', cell: ({ target }) => <Name mono>{target}</Name> },
          { head: 'Region', cell: ({ region }) => region },
          {
            head: 'AWS says',
            cell: ({ says, detail }) => <Name wrap>{detail === '' ? says : `${says}: ${detail}`}</Name>,
          },
        ]}
      />
    </Card>
  );
}
