import { isFound } from '../../found.ts';
import type { Me } from '../../me.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { LinkButton } from '../../ui/button.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Count, Name, NameLink, Stacked, Time } from '../../ui/text.tsx';
import { abilitiesOf, type Ending, endingOfHeld, type HeldModel, isChat } from './model.ts';

const COLUMNS: readonly Column<HeldModel>[] = [
  {
    head: 'Model',
    sort: ({ id }) => id,
    cell: ({ id, display_name, served_by }) => (
      <Stacked
        under={<Name mono>{served_by === undefined ? id : `${id}, answered by ${served_by.join(' or ')}`}</Name>}
      >
        <NameLink href={href(['models', id])}>{display_name ?? id}</NameLink>
      </Stacked>
    ),
  },
  { head: 'Can', cell: (model) => <Abilities of={abilitiesOf(model)} /> },
  {
    head: 'Context',
    align: 'end',
    sort: ({ context_length = 0 }) => context_length,
    cell: ({ context_length }) => <Count of={context_length} />,
  },
  {
    head: 'Longest answer',
    align: 'end',
    sort: ({ max_output_tokens = 0 }) => max_output_tokens,
    cell: ({ max_output_tokens }) => <Count of={max_output_tokens} />,
  },
  {
    head: 'Until',
    sort: (model) => lastOf(model) ?? Number.MAX_SAFE_INTEGER,
    cell: (model) => <Until of={model} />,
  },
  {
    head: 'Actions',
    unnamed: true,
    cell: (model) =>
      isChat(model) && (
        <div class="row">
          <LinkButton
            small
            href={href(['playground'], { model: model.id })}
            label={`Try it: ${model.id}, in the playground`}
          >
            Try it
          </LinkButton>
        </div>
      ),
  },
];

/** What was granted to me, as far as the search finds it. */
export function Held({ models, search, me }: { models: readonly HeldModel[]; search: string; me: Me }) {
  const found = models.filter(({ id, display_name, native_id }) => isFound(search, id, display_name, native_id));
  return (
    <Card flush>
      {models.length === 0 ? (
        <Empty title="Nothing was granted to you yet">
          {me.admin ? (
            <a href={href(['models'], { tab: 'ask' })}>See what you may ask for</a>
          ) : (
            <p>An operator grants models to your tenant.</p>
          )}
        </Empty>
      ) : found.length === 0 ? (
        <Empty title="None of your models is called so" icon="search" />
      ) : (
        <Table caption="Models that I may use" columns={COLUMNS} rows={found} rowKey={({ id }) => id} />
      )}
    </Card>
  );
}

/** @param of in words; what has none answers with text */
export function Abilities({ of }: { of: readonly string[] }) {
  if (of.length === 0) return <span class="muted">text</span>;
  return (
    <span class="row">
      {of.map((one) => (
        <Badge key={one}>{one}</Badge>
      ))}
    </span>
  );
}

/** How soon it ends, and when. */
export function EndingBadge({ of }: { of: Ending }) {
  return (
    <Stacked under={of.at !== undefined && <Time at={of.at} />}>
      <Badge tone={of.tone}>{of.text}</Badge>
    </Stacked>
  );
}

/** Its own end, or that of the grant where that is sooner. */
function Until({ of }: { of: HeldModel }) {
  const ending = endingOfHeld(of);
  const { expires_at, sunset_at = Number.POSITIVE_INFINITY } = of;
  if (expires_at !== undefined && expires_at <= sunset_at)
    return (
      <span class="stacked">
        <span>
          granted until <Time at={expires_at * 1000} />
        </span>
        {ending !== undefined && <Badge tone={ending.tone}>{ending.text}</Badge>}
      </span>
    );
  return ending === undefined ? <span class="muted">no end</span> : <EndingBadge of={ending} />;
}

function lastOf({ expires_at, sunset_at }: HeldModel): number | undefined {
  const ends = [expires_at, sunset_at].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
}
