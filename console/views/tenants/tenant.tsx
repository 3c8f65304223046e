import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { type Me, may, mayAll, mayOf } from '../../me.ts';
import { href, setQuery } from '../../router.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card, Facts, Page } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Name, Time } from '../../ui/text.tsx';
import { Access } from './access.tsx';
import { Budgets } from './budgets.tsx';
import { EditTenant } from './edit.tsx';
import type { Tenant } from './entries.ts';
import { Holdings } from './holdings.tsx';
import { Leaving } from './leaving.tsx';
import { Labels } from './list.tsx';
import { State } from './state.tsx';

const PARTS = [
  { id: 'about', label: 'About it', reads: 'tenants' },
  { id: 'grants', label: 'Grants', reads: 'grants' },
  { id: 'access', label: 'Effective access', reads: 'grants' },
  { id: 'budgets', label: 'Budgets', reads: 'budgets' },
] as const;

/** One tenant, and all that is decided of it. @param alone there is no list to go back to */
export function TenantPage({
  id,
  me,
  query,
  alone,
}: {
  id: string;
  me: Me;
  query: Readonly<Record<string, string>>;
  alone: boolean;
}) {
  const path = `/admin/tenants${pathOf(id)}`;
  const tenant = useLoad(async (signal) => (await api.get<Tenant>(path, {}, signal)).body, [path]);
  const [editing, setEditing] = useState(false);
  const parts = PARTS.filter(({ reads }) => mayOf(me, reads, id));
  const part = parts.find((one) => one.id === query.tab)?.id ?? 'about';
  const { value } = tenant;
  const changes = mayAll(me, 'tenants', 'write') && value !== undefined && value.offboarded === undefined;
  return (
    <Page
      title={id}
      heading={<Name wrap>{value?.displayName ?? id}</Name>}
      about={value !== undefined && <Headline of={value} />}
      {...(alone ? {} : { back: { href: '#/tenants', label: 'Tenants' } })}
      actions={
        <>
          {may(me, 'audit') && value !== undefined && (
            <LinkButton icon="history" href={href(['audit'], { tenant: id })}>
              Its edits
            </LinkButton>
          )}
          {changes && (
            <>
              <Button icon="edit" onClick={() => setEditing(true)}>
                Change
              </Button>
              <Leaving of={value} path={path} onDone={tenant.reload} />
            </>
          )}
        </>
      }
    >
      {parts.length === 0 ? (
        <Loaded of={tenant}>{(one) => <About of={one} />}</Loaded>
      ) : (
        <Tabs label={`Of ${id}`} tabs={parts} value={part} onChange={(to) => setQuery({ tab: to })}>
          {part === 'about' && <Loaded of={tenant}>{(one) => <About of={one} />}</Loaded>}
          {part === 'grants' && (
            <Holdings key={String(value?.offboarded === true)} tenant={id} me={me} left={value?.offboarded === true} />
          )}
          {part === 'access' && <Access tenant={id} query={query} />}
          {part === 'budgets' && <Budgets tenant={id} />}
        </Tabs>
      )}
      {editing && value !== undefined && (
        <EditTenant of={value} path={path} onDone={tenant.reload} onClose={() => setEditing(false)} />
      )}
    </Page>
  );
}

function Headline({ of }: { of: Tenant }) {
  return (
    <span class="row">
      <State of={of} />
      <code>{of.id}</code>
    </span>
  );
}

function About({ of }: { of: Tenant }) {
  const { costCenter, owners = [], contacts = [], labels = {}, issuers, regions, expiresAt, spokeRole, plan } = of;
  const listed = (list: readonly string[], none: string) =>
    list.length === 0 ? <span class="muted">{none}</span> : <Name wrap>{list.join(', ')}</Name>;
  return (
    <Card>
      <Facts
        facts={[
          { name: 'Cost centre', value: <Name wrap>{costCenter}</Name> },
          { name: 'Owners', value: listed(owners, 'nobody named') },
          { name: 'Contacts', value: listed(contacts, 'nobody named') },
          { name: 'Labels', value: <Labels of={labels} /> },
          { name: 'Tokens of', value: listed(issuers ?? [], 'every issuer that the stage trusts') },
          { name: 'Regions', value: listed(regions ?? [], 'wherever its models are') },
          { name: 'Ends', value: <Time at={expiresAt} never="never" /> },
          { name: 'Pays in', value: spokeRole === undefined ? 'the stage’s account' : <Name wrap>{spokeRole}</Name> },
          {
            name: 'Usage plan',
            value: plan === undefined ? 'the stage’s' : <code class="wrap">{JSON.stringify(plan)}</code>,
          },
          {
            name: 'Last changed',
            value: (
              <>
                <Time at={of.updatedAt} /> by <Name wrap>{of.updatedBy}</Name>, version {of.version}
              </>
            ),
          },
        ]}
      />
    </Card>
  );
}
