import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/page.tsx';
import { Table } from '../../ui/table.tsx';
import { Name, NameLink, Stacked } from '../../ui/text.tsx';
import type { Finding } from './reviewed.ts';

/** What must not be; nothing where there is nothing. */
export function Findings({ of }: { of: readonly Finding[] }) {
  if (of.length === 0) return null;
  return (
    <Card flush title="Findings" about="Reach: more than was granted can be called. Broken: what was granted cannot.">
      <Table
        caption="What was found"
        rows={of}
        rowKey={(one) => JSON.stringify(one)}
        columns={[
          { head: 'Where', cell: (one) => <Where of={one} /> },
          { head: 'What', cell: ({ kind }) => <Badge tone={kind === 'reach' ? 'bad' : 'warn'}>{kind}</Badge> },
          {
            head: 'Reaches',
            cell: ({ reached, action, resource }) => (
              <Name wrap>{[reached, action, resource].filter((part) => part !== null && part !== '').join(' ')}</Name>
            ),
          },
          { head: 'Why', cell: ({ reason }) => <Name wrap>{reason}</Name> },
        ]}
      />
    </Card>
  );
}

function Where({ of: { tenant, model, use, useCase, place, role } }: { of: Finding }) {
  if (tenant === null || model === null) return <Name wrap>{`role ${role ?? ''}`}</Name>;
  const said = [use, useCase === undefined ? '' : `for ${useCase}`, place === undefined ? '' : `at ${place}`];
  return (
    <Stacked under={<Name>{said.filter(Boolean).join(' ')}</Name>}>
      <NameLink href={href(['review', tenant, model], { action: use ?? undefined })}>{`${tenant} ${model}`}</NameLink>
    </Stacked>
  );
}
