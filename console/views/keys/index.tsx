import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { mayAll } from '../../me.ts';
import { setQuery } from '../../router.ts';
import { suggestTenants } from '../../suggest.ts';
import { Button } from '../../ui/button.tsx';
import { TypeToConfirm } from '../../ui/confirm.tsx';
import { Checkbox } from '../../ui/inputs.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card, Page, Toolbar } from '../../ui/page.tsx';
import { Search } from '../../ui/search.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { Name, Time } from '../../ui/text.tsx';
import { toast } from '../../ui/toasts.tsx';
import type { ViewProps } from '../../view.ts';
import type { Key, MadeKey } from './key.ts';
import { Keys } from './list.tsx';
import { MakeKey } from './make.tsx';
import { RotateKey } from './rotate.tsx';
import { ShownOnce } from './shown.tsx';

type Open = { is: 'make' } | { is: 'rotate' | 'revoke'; key: Key } | { is: 'shown'; made: MadeKey };

/** Keys for programs that cannot sign in: one’s own, or those that one looks after. */
export default function KeysView({ me, query }: ViewProps) {
  const [open, setOpen] = useState<Open>();
  const { q = '', tenant = '', all } = query;
  const list = usePaged<Key>('/admin/keys', { tenant, q: q.trim(), status: all === 'yes' ? undefined : 'active' });
  const close = () => setOpen(undefined);
  const shown = (made: MadeKey) => {
    setOpen({ is: 'shown', made });
    list.reload();
  };
  const make = (
    <Button kind="primary" icon="plus" onClick={() => setOpen({ is: 'make' })}>
      Make a key
    </Button>
  );
  return (
    <Page
      title="Keys"
      about="For programs that cannot sign in. Whoever reads a key has it for as long as it is good: give each a short life and little to do."
      actions={make}
    >
      <Toolbar>
        <Search label="Search by name, id or owner" value={q} onChange={(to) => setQuery({ q: to })} />
        {mayAll(me, 'keys') && (
          <Search label="Tenant" suggest={suggestTenants} value={tenant} onChange={(to) => setQuery({ tenant: to })} />
        )}
        <Checkbox
          label="Revoked and expired, too"
          checked={all === 'yes'}
          onChange={(on) => setQuery({ all: on ? 'yes' : undefined })}
        />
      </Toolbar>
      <Card flush>
        <PagedList
          of={list}
          empty={
            q.trim() + tenant === '' ? (
              <Empty title={all === 'yes' ? 'There are no keys' : 'There are no active keys'} icon="key">
                <p>A key that you make is shown once, and never again.</p>
              </Empty>
            ) : (
              <Empty title="No key is like that" icon="search" />
            )
          }
        >
          {(keys) => (
            <Keys
              keys={keys}
              tenants={mayAll(me, 'keys')}
              onRotate={(key) => setOpen({ is: 'rotate', key })}
              onRevoke={(key) => setOpen({ is: 'revoke', key })}
            />
          )}
        </PagedList>
      </Card>
      {open?.is === 'make' && <MakeKey me={me} onMade={shown} onClose={close} />}
      {open?.is === 'rotate' && <RotateKey of={open.key} onMade={shown} onClose={close} />}
      {open?.is === 'shown' && <ShownOnce made={open.made} onClose={close} />}
      {open?.is === 'revoke' && (
        <TypeToConfirm
          title="Revoke this key"
          verb="Revoke"
          name={open.key.name}
          consequences={
            <ul>
              <li>
                Whatever uses it is refused within a minute, for good.{' '}
                {open.key.usedAt === undefined ? (
                  'It was never used.'
                ) : (
                  <>
                    It was last used <Time at={open.key.usedAt} ago />.
                  </>
                )}
              </li>
              <li>
                It is of <Name>{open.key.owner ?? open.key.tenant}</Name>. What it used stays in the ledger.
              </li>
            </ul>
          }
          onClose={close}
          onConfirm={async () => {
            await api.send('DELETE', `/admin/keys${pathOf(open.key.id)}`);
            toast(`${open.key.name} is revoked.`);
            list.reload();
          }}
        />
      )}
    </Page>
  );
}
