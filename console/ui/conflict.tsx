import { type Answer, api, asProblem } from '../api.ts';
import { Note } from './badge.tsx';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { differing, type Entry } from './differing.ts';
import { useAct, useLoad } from './load.ts';
import { Loaded, Problem } from './states.tsx';
import { type Column, Table } from './table.tsx';

/** Makes an edit, unless what it is of is another version by now. @param conflict that it is: shows both sides */
export async function orConflict(edit: () => Promise<void>, conflict: () => void): Promise<void> {
  try {
    await edit();
  } catch (error) {
    if (asProblem(error).status !== 412) throw error;
    conflict();
  }
}

/**
 * After a 412: reads the entry again, and shows what this edit wanted beside what is there now.
 * @param path of the entry, for `api.get`
 * @param mine the body that was refused: the members that it names are compared
 * @param seen the entry that was edited
 * @param still whether what is there by now can still be what this edit makes it; absent: it can
 * @param onTheirs goes on with what is there
 * @param onMine sends the same edit again, of the version that is there now; what it throws is shown
 */
export function EditConflict<T extends object>({
  path,
  mine,
  seen,
  still = () => true,
  onTheirs,
  onMine,
  onClose,
}: {
  path: string;
  mine: object;
  seen: object;
  still?(theirs: T): boolean;
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
            {still(theirs.value.body) && (
              <Button
                kind="primary"
                busy={busy}
                onClick={async () => {
                  if (await run(() => onMine(theirs.value.version))) onClose();
                }}
              >
                Save mine over it
              </Button>
            )}
          </>
        )
      }
    >
      <Loaded of={theirs}>
        {({ body, version }) => (
          <>
            <p>
              It is version {version} now.{' '}
              {still(body)
                ? 'Nothing of yours is lost: take what is there, or save yours over it.'
                : 'It cannot be made what you wanted any more.'}
            </p>
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

/**
 * Before an act on an entry that somebody else changed: reads it again, and shows what they changed.
 * @param seen the entry as it was when the act was begun
 * @param onRead of which version it is now: the act may go on with that one
 */
export function ChangedMeanwhile({
  path,
  seen,
  onRead,
}: {
  path: string;
  seen: object;
  onRead(version: number | undefined): void;
}) {
  const theirs = useLoad(
    async (signal) => {
      const answer = await api.get<object>(path, {}, signal);
      onRead(answer.version);
      return answer;
    },
    [path],
  );
  return (
    <Loaded of={theirs}>
      {({ body, version }) => (
        <div class="stack" role="alert">
          <Note tone="warn">
            Somebody else changed it meanwhile, and nothing was done. It is version {version} now; type the name again
            to do it to that one.
          </Note>
          <Sides seen={seen as Entry} theirs={body as Entry} />
        </div>
      )}
    </Loaded>
  );
}

/** @param mine absent: nothing of the entry is edited here */
function Sides({ mine = {}, seen, theirs }: { mine?: Entry | undefined; seen: Entry; theirs: Entry }) {
  const names = differing(mine, seen, theirs);
  const yours: Column<string> = {
    head: 'Yours',
    cell: (name) => (name in mine ? shown(mine[name]) : <span class="muted">as it is</span>),
  };
  return (
    <Table
      caption="Both sides"
      rows={names}
      rowKey={(name) => name}
      columns={[
        { head: 'Member', cell: (name) => <code>{name}</code> },
        { head: 'As you saw it', cell: (name) => shown(seen[name]) },
        ...(Object.keys(mine).length === 0 ? [] : [yours]),
        { head: 'Theirs', cell: (name) => shown(theirs[name]) },
      ]}
    />
  );
}

function shown(value: unknown) {
  if (value === undefined || value === null) return <span class="muted">none</span>;
  return <code class="wrap">{typeof value === 'string' ? value : JSON.stringify(value, null, 1)}</code>;
}
