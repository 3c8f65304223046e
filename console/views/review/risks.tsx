import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Name } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import type { Risk } from './reviewed.ts';

const TONES: Record<Risk['level'], Tone> = { high: 'bad', medium: 'warn', low: 'neutral' };

const SHOWN = 100;

/** What is allowed as it stands, and what somebody should want to look at. */
export function Risks({ of }: { of: readonly Risk[] }) {
  return (
    <Card flush>
      {of.length === 0 ? (
        <Empty title="Nothing stands open" icon="check" />
      ) : (
        <Table
          caption="Open risks"
          rows={of}
          rowKey={({ kind }) => kind}
          columns={[
            { head: 'What', cell: ({ what }) => <span class="sentence">{what}</span> },
            { head: 'Level', cell: ({ level }) => <Badge tone={TONES[level]}>{level}</Badge> },
            { head: 'Of', cell: (risk) => <Of risk={risk} /> },
          ]}
        />
      )}
    </Card>
  );
}

function Of({ risk: { of } }: { risk: Risk }) {
  const [first = ''] = of;
  if (of.length === 1) return <Name>{first}</Name>;
  return (
    <details class="of">
      <summary>{count(of.length)}</summary>
      <ul>
        {of.slice(0, SHOWN).map((one) => (
          <li key={one}>
            <Name>{one}</Name>
          </li>
        ))}
        {of.length > SHOWN && <li class="muted">and {count(of.length - SHOWN)} more</li>}
      </ul>
    </details>
  );
}
