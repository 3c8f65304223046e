import { type Answer, api } from '../api.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { useAct, useLoad } from './load.ts';
import { Loaded, Problem } from './states.tsx';
import { Table } from './table.tsx';

type Entry = Readonly<Record<string, unknown>>;

/**
 * After a 412: reads the entry again, and shows what this edit wanted beside what is there now.
 * @param path of the entry, for `api.get`
 * @param mine the body that was refused: the members that it names are compared
 * @param seen the entry that was edited
 * @param onTheirs goes on with what is there
 * @param onMine sends the same edit again, of the version that is there now; what it throws is shown
 */
export function EditConflict<T extends object>({
  path,
  mine,
  seen,
  onTheirs,
  onMine,
  onClose,
}: {
  path: string;
  mine: object;
  seen: object;
  onTheirs(theirs: Answer<T>): void;
  onMine(version: number | undefined): Promise<unknown>;
  onClose(): void;
}) {
  const theirs = useLoad((signal) => api.get<T>(path, {}, signal), [path]);
  const { busy, problem, run } = useAct();
  return (
    <Dialog
      wide
      title="Somebody else changed this meanwhile"
      onClose={onClose}
      footer={
        theirs.state === 'ready' && (
          <>
            <Button onClick={() => onTheirs(theirs.value)}>Take theirs</Button>
            <Button
              kind="primary"
              busy={busy}
              onClick={async () => {
                if (await run(() => onMine(theirs.value.version))) onClose();
              }}
            >
              Save mine over it
            </Button>
          </>
        )
      }
    >
      <Loaded of={theirs}>
        {({ body, version }) => (
          <>
            <p>It is version {version} now. Nothing of yours is lost: take what is there, or save yours over it.</p>
            <Sides mine={mine as Entry} seen={seen as Entry} theirs={body as Entry} />
          </>
        )}
      </Loaded>
      {problem !== undefined && (
        <Problem error={problem} {...(problem.status === 412 ? { retry: theirs.reload } : {})} />
      )}
    </Dialog>
  );
}

function Sides({ mine, seen, theirs }: { mine: Entry; seen: Entry; theirs: Entry }) {
  const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].filter(
    (name) =>
      !UNTOLD.includes(name) &&
      (differ(seen[name], theirs[name]) || (name in mine && differ(mine[name], theirs[name]))),
  );
  return (
    <Table
      caption="Both sides"
      rows={names}
      rowKey={(name) => name}
      columns={[
        { head: 'Member', cell: (name) => <code>{name}</code> },
        { head: 'As you saw it', cell: (name) => shown(seen[name]) },
        { head: 'Yours', cell: (name) => (name in mine ? shown(mine[name]) : <span class="muted">as it is</span>) },
        { head: 'Theirs', cell: (name) => shown(theirs[name]) },
      ]}
    />
  );
}

/** Which the registry says of every entry, and nobody edits. */
const UNTOLD = ['v', 'version', 'updatedAt', 'updatedBy'];

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) !== JSON.stringify(other ?? null);
}

function shown(value: unknown) {
  if (value === undefined || value === null) return <span class="muted">none</span>;
  return <code class="wrap">{typeof value === 'string' ? value : JSON.stringify(value, null, 1)}</code>;
}
