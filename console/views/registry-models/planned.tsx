import type { Difference } from '../../difference.ts';
import { Note } from '../../ui/badge.tsx';
import { Differences } from '../../ui/differences.tsx';
import { Name } from '../../ui/text.tsx';

/** What an edit would do, as a dry run of it says. */
export interface Plan {
  /** What it lets somebody do more, or what takes something away. */
  findings: readonly { kind: string; text: string }[];
  changes: readonly { item: string; does: string; differences: readonly Difference[] }[];
}

/** The same, to be read before it is made. */
export function Planned({ of: { findings, changes } }: { of: Plan }) {
  return (
    <div class="stack" role="status">
      {findings.length > 0 && (
        <Note tone="warn">
          {findings.map(({ kind, text }) => (
            <div key={`${kind} ${text}`}>
              {kind}: {text}
            </div>
          ))}
        </Note>
      )}
      {changes.length === 0 && <p class="muted">It changes nothing.</p>}
      {changes.map(({ item, does, differences }) => (
        <div key={item} class="planned">
          <p>
            {does} <Name>{item}</Name>
          </p>
          {does !== 'create' && <Differences of={differences} caption={`What changes of ${item}`} />}
        </div>
      ))}
    </div>
  );
}
