import { href } from '../../router.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';
import { Money, Name, NameLink, Stacked, Time } from '../../ui/text.tsx';
import { type Model, nameOf, placesOf, priceNow, type Status } from './model.ts';

const TONES: Record<Status, Tone> = { active: 'good', deprecated: 'warn', retired: 'neutral', draft: 'info' };

/** Every model, whatever its state. */
export function ModelTable({ models }: { models: readonly Model[] }) {
  return (
    <Table
      caption="Models"
      rows={models}
      rowKey={({ id }) => id}
      columns={[
        {
          head: 'Model',
          sort: ({ id }) => id,
          cell: ({ id, displayName }) => (
            <Stacked under={displayName !== undefined && <Name>{displayName}</Name>}>
              <NameLink href={href(['registry-models', id])}>{id}</NameLink>
            </Stacked>
          ),
        },
        { head: 'State', sort: ({ lifecycle }) => lifecycle.status, cell: (model) => <State of={model} /> },
        { head: 'Runs as', cell: (model) => <Runs of={model} /> },
        { head: 'Input, per million', align: 'end', cell: (model) => <Rate of={model} kind="input" /> },
        { head: 'Output, per million', align: 'end', cell: (model) => <Rate of={model} kind="output" /> },
        {
          head: 'Changed',
          sort: ({ updatedAt }) => updatedAt,
          cell: ({ updatedAt, updatedBy }) => (
            <Stacked under={<Name>{updatedBy}</Name>}>
              <Time at={updatedAt} ago />
            </Stacked>
          ),
        },
      ]}
    />
  );
}

/** The state in a word, and by when it ends. */
export function State({ of: { lifecycle } }: { of: Pick<Model, 'lifecycle'> }) {
  const { status, sunsetAt } = lifecycle;
  const over = status !== 'retired' && sunsetAt !== undefined && Date.parse(sunsetAt) <= Date.now();
  return (
    <span class="stacked">
      <Badge tone={over ? 'neutral' : TONES[status]}>{over ? 'ended' : status}</Badge>
      {!over && status !== 'retired' && sunsetAt !== undefined && (
        <span class="muted">
          ends <Time at={sunsetAt} ago />
        </span>
      )}
    </span>
  );
}

function Runs({ of }: { of: Model }) {
  const places = placesOf(of);
  const names = [...new Set(places.map(({ target }) => nameOf(target)))];
  const regions = [...new Set(places.map(({ target }) => target.region))];
  return (
    <Stacked under={<Name>{regions.join(', ')}</Name>}>
      <Name mono>{names.join(', ')}</Name>
    </Stacked>
  );
}

function Rate({ of, kind }: { of: Model; kind: string }) {
  const price = priceNow(of);
  if (price === undefined) return <Money usd={null} />;
  return <Money usd={price.usdPerMillion?.[kind]} />;
}
