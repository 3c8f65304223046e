import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Name, Stacked, Time } from '../../ui/text.tsx';
import { type AccessRequest, STATUS_TONES } from './request.ts';
import { Why } from './why.tsx';

/** @param tenants whether they are of several */
export function Requests({
  requests,
  tenants,
  mayDecide,
  onApprove,
  onDecline,
}: {
  requests: readonly AccessRequest[];
  tenants: boolean;
  mayDecide(request: AccessRequest): boolean;
  onApprove(request: AccessRequest): void;
  onDecline(request: AccessRequest): void;
}) {
  const columns: Column<AccessRequest>[] = [
    {
      head: 'Who',
      sort: ({ principal }) => principal,
      cell: ({ principal, tenant }) => (
        <Stacked under={tenants && <Name>{`of ${tenant}`}</Name>}>
          <Name>{principal}</Name>
        </Stacked>
      ),
    },
    { head: 'Model', sort: ({ model }) => model, cell: ({ model }) => <Name mono>{model}</Name> },
    { head: 'Why', cell: ({ why }) => <Why>{why}</Why> },
    { head: 'Asked', sort: ({ askedAt }) => askedAt, cell: ({ askedAt }) => <Time at={askedAt} ago /> },
    {
      head: 'State',
      sort: ({ status }) => status,
      cell: ({ status, decidedBy, decidedAt, note }) => (
        <span class="stacked">
          <Badge tone={STATUS_TONES[status]}>{status}</Badge>
          {decidedBy !== undefined && (
            <span class="muted">
              <Name>{decidedBy}</Name> <Time at={decidedAt} ago />
            </span>
          )}
          {note !== undefined && <Why>{note}</Why>}
        </span>
      ),
    },
    {
      head: 'Actions',
      unnamed: true,
      cell: (request) =>
        request.status === 'open' &&
        mayDecide(request) && (
          <div class="row">
            <Button small label={`Approve: ${nameOf(request)}`} onClick={() => onApprove(request)}>
              Approve
            </Button>
            <Button small kind="danger" label={`Decline: ${nameOf(request)}`} onClick={() => onDecline(request)}>
              Decline
            </Button>
          </div>
        ),
    },
  ];
  return (
    <Table caption="Access requests" columns={columns} rows={requests} rowKey={({ tenant, id }) => `${tenant}/${id}`} />
  );
}

function nameOf({ principal, tenant, model }: AccessRequest): string {
  return `${model} for ${principal} of ${tenant}`;
}
