import { useState } from 'preact/hooks';
import { api } from '../../api.ts';
import { mayAll, mayOf } from '../../me.ts';
import { setQuery } from '../../router.ts';
import { suggestModels, suggestTenants } from '../../suggest.ts';
import { EditConflict } from '../../ui/conflict.tsx';
import { Select } from '../../ui/inputs.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card, Page, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { toast } from '../../ui/toasts.tsx';
import type { ViewProps } from '../../view.ts';
import { Approve } from './approve.tsx';
import { Decline } from './decline.tsx';
import { Requests } from './list.tsx';
import { type AccessRequest, type Decision, pathOfRequest } from './request.ts';

const STATES = [
  { value: 'open', label: 'Open' },
  { value: 'approved', label: 'Approved' },
  { value: 'declined', label: 'Declined' },
  { value: 'withdrawn', label: 'Taken back' },
  { value: 'any', label: 'Any state' },
];

type Open =
  | { is: 'approve' | 'decline'; request: AccessRequest }
  | { is: 'conflict'; request: AccessRequest; decision: Decision };

/** Who asks for which model, and why: for those who may grant it. */
export default function AccessRequestsView({ me, query }: ViewProps) {
  const [open, setOpen] = useState<Open>();
  const { status = 'open', tenant = '', model = '', principal = '' } = query;
  const all = mayAll(me, 'access-requests');
  const list = usePaged<AccessRequest>('/admin/access-requests', {
    ...{ model: model.trim(), principal: principal.trim(), tenant: all ? tenant.trim() : me.tenant },
    status: status === 'any' ? undefined : status,
  });
  const close = () => setOpen(undefined);
  const send = async ({ request, verb, body }: Decision, version: number | undefined): Promise<void> => {
    await api.send('POST', `${pathOfRequest(request)}/${verb}`, body, { version });
    toast(
      verb === 'approve'
        ? `${request.model} is granted ${body.to === 'tenant' ? `to ${request.tenant}` : `to ${request.principal}`}.`
        : `The request of ${request.principal} for ${request.model} is declined.`,
    );
    list.reload();
  };
  const conflict = (decision: Decision) => setOpen({ is: 'conflict', request: decision.request, decision });
  return (
    <Page
      title="Access requests"
      about="Who asks for which model, and why. Nothing is granted until somebody who may grant it says so."
    >
      <Toolbar>
        <Select
          label="State"
          value={status}
          options={STATES}
          onChange={(to) => setQuery({ status: to === 'open' ? undefined : to })}
        />
        {all && (
          <Search label="Tenant" suggest={suggestTenants} value={tenant} onChange={(to) => setQuery({ tenant: to })} />
        )}
        <Search label="Model" suggest={suggestModels} value={model} onChange={(to) => setQuery({ model: to })} />
        <Search
          label="Who asked"
          placeholder="Who asked: the whole name"
          value={principal}
          onChange={(to) => setQuery({ principal: to })}
        />
      </Toolbar>
      <Card flush>
        <PagedList
          of={list}
          empty={
            status === 'open' && tenant + model + principal === '' ? (
              <Empty title="Nobody asks for anything">
                <p>What may be asked for is a model whose entry says that it may be.</p>
              </Empty>
            ) : (
              <Empty title="No request is like that" icon="search" />
            )
          }
        >
          {(requests) => (
            <Requests
              requests={requests}
              tenants={all}
              mayDecide={({ tenant: of }) =>
                mayOf(me, 'grants', of, 'write') && mayOf(me, 'access-requests', of, 'write')
              }
              onApprove={(request) => setOpen({ is: 'approve', request })}
              onDecline={(request) => setOpen({ is: 'decline', request })}
            />
          )}
        </PagedList>
      </Card>
      {open?.is === 'approve' && <Approve request={open.request} onSend={send} onConflict={conflict} onClose={close} />}
      {open?.is === 'decline' && <Decline request={open.request} onSend={send} onConflict={conflict} onClose={close} />}
      {open?.is === 'conflict' && (
        <EditConflict<AccessRequest>
          path={pathOfRequest(open.request)}
          seen={open.request}
          mine={{ status: open.decision.verb === 'approve' ? 'approved' : 'declined', note: open.decision.body.note }}
          // What is decided stays so.
          still={(now) => now.status === 'open'}
          onTheirs={() => {
            list.reload();
            close();
          }}
          onMine={(version) => send(open.decision, version)}
          onClose={close}
        />
      )}
    </Page>
  );
}
