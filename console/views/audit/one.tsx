import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { type Me, mayAll } from '../../me.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, LinkButton } from '../../ui/button.tsx';
import { Differences } from '../../ui/differences.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card, Facts, Page } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Name, Time } from '../../ui/text.tsx';
import { type Edit, told, toneOf } from './edit.ts';
import { Item } from './list.tsx';
import { Undo } from './undo.tsx';

/** One edit: who, when, of what, before and after, and how it is taken back. */
export function OneEdit({ edit, me }: { edit: string; me: Me }) {
  const [undoing, setUndoing] = useState<'edit' | 'plan'>();
  const found = useLoad(
    async (signal) => (await api.get<Edit>(pathOf('admin', 'audit', edit), {}, signal)).body,
    [edit],
  );
  const writes = mayAll(me, 'audit', 'write');
  return (
    <Page
      title={`Edit ${edit}`}
      heading={<Name wrap>{`Edit ${edit}`}</Name>}
      back={{ href: href(['audit']), label: 'Audit' }}
      actions={
        writes &&
        found.value !== undefined && (
          <>
            {found.value.plan !== undefined && (
              <Button kind="danger" onClick={() => setUndoing('plan')}>
                Undo its whole plan…
              </Button>
            )}
            <Button kind="danger" onClick={() => setUndoing('edit')}>
              Undo…
            </Button>
          </>
        )
      }
    >
      {found.state === 'error' && found.error.status === 404 ? (
        <Card>
          <Empty title="There is no such edit" icon="history" />
        </Card>
      ) : (
        <Loaded of={found} label="Reading the edit">
          {(one) => (
            <>
              <Card>
                <About one={one} />
              </Card>
              <Card flush title="Before and after">
                <Differences of={told(one.differences)} caption="Members that changed" />
              </Card>
              {undoing !== undefined && (
                <Undo of={one} whole={undoing === 'plan'} onClose={() => setUndoing(undefined)} />
              )}
            </>
          )}
        </Loaded>
      )}
    </Page>
  );
}

function About({ one: { at, by, item, change, plan } }: { one: Edit }) {
  return (
    <div class="stack">
      <Facts
        facts={[
          { name: 'When', value: <Time at={at} /> },
          {
            name: 'Who',
            value: (
              <a href={href(['audit'], { by })}>
                <Name wrap>{by}</Name>
              </a>
            ),
          },
          { name: 'Did', value: <Badge tone={toneOf(change)}>{change}</Badge> },
          { name: 'Of', value: <Item of={item} /> },
          ...(plan === undefined
            ? []
            : [
                {
                  name: 'Part of the plan',
                  value: (
                    <a href={href(['audit'], { plan })}>
                      <Name mono>{plan}</Name>
                    </a>
                  ),
                },
              ]),
        ]}
      />
      <div class="row">
        <LinkButton small icon="history" href={href(['audit'], { of: item })}>
          All that happened to it
        </LinkButton>
      </div>
    </div>
  );
}
