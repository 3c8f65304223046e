import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Name, Time } from '../../ui/text.tsx';
import { type Key, type KeyState, stateOf } from './key.ts';

const TONES: Record<KeyState, Tone> = { active: 'good', expired: 'warn', revoked: 'neutral' };

/** @param tenants whether they are of several */
export function Keys({
  keys,
  tenants,
  onRotate,
  onRevoke,
}: {
  keys: readonly Key[];
  tenants: boolean;
  onRotate(key: Key): void;
  onRevoke(key: Key): void;
}) {
  const columns: Column<Key>[] = [
    {
      head: 'Name',
      sort: ({ name }) => name,
      cell: ({ name, id }) => (
        <span class="stacked">
          <Name>{name}</Name>
          <code class="muted">tg_{id}…</code>
        </span>
      ),
    },
    ...(tenants
      ? [{ head: 'Tenant', sort: ({ tenant }: Key) => tenant, cell: ({ tenant }: Key) => <Name>{tenant}</Name> }]
      : []),
    {
      head: 'Of',
      cell: ({ owner }) => (owner === undefined ? <span class="muted">a service</span> : <Name>{owner}</Name>),
    },
    { head: 'May call', cell: (key) => <Bounds of={key} /> },
    { head: 'State', cell: (key) => <Badge tone={TONES[stateOf(key)]}>{stateOf(key)}</Badge> },
    { head: 'Ends', sort: ({ expiresAt }) => expiresAt, cell: ({ expiresAt }) => <Time at={expiresAt} ago /> },
    {
      head: 'Last used',
      sort: ({ usedAt = '' }) => usedAt,
      cell: ({ usedAt }) => <Time at={usedAt} ago never="never" />,
    },
    {
      head: 'Actions',
      unnamed: true,
      cell: (key) =>
        key.revokedAt === undefined && (
          <div class="row">
            <Button small icon="refresh" label={`Rotate ${key.name}`} onClick={() => onRotate(key)}>
              Rotate
            </Button>
            <Button small kind="danger" label={`Revoke ${key.name}`} onClick={() => onRevoke(key)}>
              Revoke
            </Button>
          </div>
        ),
    },
  ];
  return <Table caption="Keys" columns={columns} rows={keys} rowKey={({ id }) => id} />;
}

function Bounds({ of: { owner, models, networks, budget } }: { of: Key }) {
  const said = [
    models === undefined
      ? `all that ${owner === undefined ? 'everyone of the tenant' : 'its owner'} may`
      : models.join(', '),
    networks === undefined ? undefined : `from ${networks.join(', ')}`,
    budget === undefined ? undefined : `${budget.limit} ${budget.unit} a ${budget.period}`,
  ].filter((one) => one !== undefined);
  return <Name>{said.join('; ')}</Name>;
}
