import type { Difference } from '../../difference.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { Differences } from '../../ui/differences.tsx';
import { usePaged } from '../../ui/load.ts';
import { Card } from '../../ui/page.tsx';
import { Empty, PagedList } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Name, NameLink, Stacked, Time } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import type { Page, PolicyChange } from './reviewed.ts';

interface Edit {
  edit?: number;
  at: string;
  by: string;
  change: string;
  item: string;
  differences: readonly Difference[];
}

/** What was edited since the last review that somebody recorded, and which session policies differ. */
export function Changes({ since, policies }: { since: Page['since']; policies: readonly PolicyChange[] | null }) {
  const asked = since.edit === undefined ? { since: since.at ?? undefined } : { after: since.edit };
  const edits = usePaged<Edit>('/admin/audit', asked, 50);
  return (
    <div class="stack">
      <p>
        {since.at === null ? (
          'Since the beginning'
        ) : (
          <>
            Since <Time at={since.at} />
          </>
        )}
        : {since.why}.
      </p>
      {policies !== null && <Policies of={policies} />}
      <Card flush title="Edits">
        <PagedList of={edits} empty={<Empty title="Nothing was edited" icon="check" />}>
          {(found) => (
            <Table
              caption="Edits since then"
              rows={found}
              rowKey={({ edit, at, item }) => `${edit ?? at} ${item}`}
              columns={[
                {
                  head: 'Entry',
                  cell: ({ item, edit }) => (
                    <Stacked under={edit !== undefined && `edit ${edit}`}>
                      <Name>{item}</Name>
                    </Stacked>
                  ),
                },
                { head: 'When', cell: ({ at }) => <Time at={at} /> },
                { head: 'Who', cell: ({ by }) => <Name>{by}</Name> },
                {
                  head: 'What',
                  cell: ({ change, differences }) => (
                    <details class="of">
                      <summary>
                        {change}, {count(differences.length)} {differences.length === 1 ? 'member' : 'members'}
                      </summary>
                      <Differences of={differences} />
                    </details>
                  ),
                },
              ]}
            />
          )}
        </PagedList>
      </Card>
    </div>
  );
}

const TONES = { new: 'info', changed: 'warn', gone: 'neutral' } as const;

const SHOWN = 200;

function Policies({ of }: { of: readonly PolicyChange[] }) {
  return (
    <Card flush title="Session policies that differ">
      {of.length === 0 ? (
        <Empty title="Every policy is what it was" icon="check" />
      ) : (
        <Table
          caption="Policies that differ"
          rows={of}
          most={SHOWN}
          rowKey={({ session }) => session}
          columns={[
            {
              head: 'Session',
              cell: ({ session }) => {
                const [tenant = ''] = session.split(' ');
                return <NameLink href={href(['review', tenant])}>{session}</NameLink>;
              },
            },
            { head: 'Change', cell: ({ change }) => <Badge tone={TONES[change]}>{change}</Badge> },
          ]}
        />
      )}
      {of.length > SHOWN && <div class="more muted">and {count(of.length - SHOWN)} more</div>}
    </Card>
  );
}
