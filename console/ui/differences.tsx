import type { Difference } from '../difference.ts';
import { Table } from './table.tsx';

/** What was, and what is instead, member by member. @param caption what it compares, for a screen reader */
export function Differences({
  of,
  caption = 'What is otherwise',
  heads: [before, after] = ['Before', 'After'],
}: {
  of: readonly Difference[];
  caption?: string;
  heads?: readonly [string, string];
}) {
  if (of.length === 0) return <p class="muted">Nothing is otherwise.</p>;
  return (
    <div class="differences">
      <Table
        caption={caption}
        rows={of}
        rowKey={({ path }) => path}
        columns={[
          { head: 'Member', cell: ({ path }) => <code class="wrap">{path}</code> },
          { head: before, cell: (one) => <Value of={one.before} look="was" /> },
          { head: after, cell: (one) => <Value of={one.after} look="is" /> },
        ]}
      />
    </div>
  );
}

function Value({ of, look }: { of: unknown; look: 'was' | 'is' }) {
  if (of === undefined || of === null) return <span class="muted">none</span>;
  const text = typeof of === 'string' ? of : JSON.stringify(of, null, typeof of === 'object' ? 1 : 0);
  return (
    <bdi class={`value ${look}`}>
      <code class="wrap">{text}</code>
    </bdi>
  );
}
