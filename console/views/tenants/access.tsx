import { useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { href, setQuery } from '../../router.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { TextInput } from '../../ui/inputs.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Dash, Name, NameLink, Stacked, Time } from '../../ui/text.tsx';
import { audienceOf, boundsOf, type Term } from './entries.ts';

interface Held extends Term {
  model: string;
  state: string;
  edit?: number;
  at?: string;
  by?: string;
}

const TONES: Record<string, Tone> = { usable: 'good', active: 'good', deprecated: 'warn' };

/** Who of a tenant can use what, now or on a day, and by which edit. */
export function Access({ tenant, query }: { tenant: string; query: Readonly<Record<string, string>> }) {
  const { principal = '', roles = '', at = '' } = query;
  const [who, setWho] = useState(principal);
  const [having, setHaving] = useState(roles);
  const [when, setWhen] = useState(at);
  const access = useLoad(
    async (signal) =>
      (
        await api.get<{ items: Held[] }>(
          `/admin/access${pathOf(tenant)}`,
          { principal, roles, at: at === '' ? undefined : `${at}T23:59:59Z` },
          signal,
        )
      ).body.items,
    [tenant, principal, roles, at],
  );
  return (
    <div class="stack">
      <form
        class="toolbar bottom"
        onSubmit={(event) => {
          event.preventDefault();
          setQuery({ principal: who.trim(), roles: having.trim().replace(/\s*,\s*/g, ','), at: when });
        }}
      >
        <Field label="One caller" hint="As its token names it; none: everyone.">
          <TextInput value={who} onChange={setWho} mono />
        </Field>
        <Field label="Its roles" hint="With commas between; none: any that a grant asks for.">
          <TextInput value={having} onChange={setHaving} mono />
        </Field>
        <Field label="As of" hint="The end of that day, UTC; none: now.">
          <TextInput type="date" value={when} onChange={setWhen} />
        </Field>
        <Button type="submit" kind="primary">
          Show
        </Button>
      </form>
      <Card flush>
        <Loaded of={access}>
          {(items) =>
            items.length === 0 ? (
              <Empty title={principal + roles === '' ? 'It holds nothing' : 'This caller may use nothing'} icon="key" />
            ) : (
              <Table
                caption="Effective access"
                rows={items.map((item, index) => ({ ...item, index }))}
                rowKey={({ index }) => String(index)}
                columns={[
                  { head: 'Model', sort: ({ model }) => model, cell: ({ model }) => <Name>{model}</Name> },
                  { head: 'State', cell: ({ state }) => <Badge tone={TONES[state] ?? 'bad'}>{state}</Badge> },
                  { head: 'For', cell: (held) => <Name>{audienceOf(held)}</Name> },
                  { head: 'May', cell: ({ actions }) => actions.join(', ') },
                  { head: 'Bounds', cell: (held) => <Name>{boundsOf(held) || 'none'}</Name> },
                  {
                    head: 'By',
                    cell: ({ edit, by, at: then }) =>
                      edit === undefined ? (
                        <Dash />
                      ) : (
                        <Stacked under={<Time at={then} />}>
                          <NameLink href={href(['audit', String(edit)])}>{`#${edit} ${by ?? ''}`}</NameLink>
                        </Stacked>
                      ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Card>
    </div>
  );
}
