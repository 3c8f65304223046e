import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card, Facts } from '../../ui/page.tsx';
import { Table } from '../../ui/table.tsx';
import { Name, Time } from '../../ui/text.tsx';
import { State } from './list.tsx';
import { type Model, nameOf, placesOf } from './model.ts';

/** What the entry says of it. */
export function Overview({ model }: { model: Model }) {
  const { lifecycle, capabilities, limits = {}, provenance = {}, fallbacks = [], dialects = [], container } = model;
  const link = (id: string) => (
    <a key={id} href={href(['registry-models', id])}>
      <Name>{id}</Name>
    </a>
  );
  return (
    <div class="stack">
      <Card>
        <Facts
          facts={[
            { name: 'State', value: <State of={model} /> },
            ...(lifecycle.deprecatedAt === undefined
              ? []
              : [{ name: 'Deprecated since', value: <Time at={lifecycle.deprecatedAt} /> }]),
            ...(lifecycle.sunsetAt === undefined
              ? []
              : [{ name: 'Stops answering', value: <Time at={lifecycle.sunsetAt} /> }]),
            ...(lifecycle.successor === undefined ? [] : [{ name: 'Successor', value: link(lifecycle.successor) }]),
            ...(fallbacks.length === 0
              ? []
              : [{ name: 'Answered by, where it cannot', value: <span class="row">{fallbacks.map(link)}</span> }]),
            { name: 'Takes', value: words(capabilities?.input) },
            { name: 'Gives', value: words(capabilities?.output) },
            ...(dialects.length === 0 ? [] : [{ name: 'Speaks', value: dialects.join(', ') }]),
            ...(container === undefined ? [] : [{ name: 'Container', value: container }]),
            ...Object.entries(limits).map(([name, value]) => ({ name: spoken(name), value: String(value) })),
            {
              name: 'Changed',
              value: (
                <>
                  <Time at={model.updatedAt} /> by <Name>{model.updatedBy}</Name>, version {model.version}
                </>
              ),
            },
          ]}
        />
      </Card>
      <Card title="Where it runs" flush>
        <Table
          caption="Its places"
          rows={placesOf(model)}
          rowKey={({ target, group = '' }) => `${target.region} ${target.arn} ${group}`}
          columns={[
            {
              head: 'Target',
              cell: ({ target }) => (
                <Name mono wrap>
                  {nameOf(target)}
                </Name>
              ),
            },
            { head: 'Region', cell: ({ target }) => target.region },
            { head: 'Kind', cell: ({ target }) => target.kind },
            { head: 'Group', cell: ({ group = 'primary' }) => group },
            { head: 'Weight', align: 'end', cell: ({ weight = 1 }) => weight },
            { head: 'Drained', cell: ({ drained }) => (drained === true ? <Badge tone="warn">drained</Badge> : 'no') },
          ]}
        />
      </Card>
      {Object.keys(provenance).length > 0 && (
        <Card title="Where it is from">
          <Facts
            facts={Object.entries(provenance).map(([name, value]) => ({
              name: spoken(name),
              value: <Name wrap>{String(value)}</Name>,
            }))}
          />
        </Card>
      )}
    </div>
  );
}

function words(list: readonly string[] | undefined) {
  return list === undefined || list.length === 0 ? <span class="muted">not said</span> : list.join(', ');
}

/** `maxOutputTokens` as people say it. */
function spoken(name: string): string {
  const text = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
