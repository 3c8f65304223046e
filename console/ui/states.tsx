import { type ComponentChildren, createContext } from 'preact';
import { useContext, useLayoutEffect, useRef } from 'preact/hooks';
import { type ApiProblem, asProblem } from '../problem.ts';
import { Button } from './button.tsx';
import { words } from './field.tsx';
import { Icon, type IconName } from './icon.tsx';
import type { Load, Paged } from './load.ts';
import { Part } from './table.tsx';
import { CopyButton } from './text.tsx';
import { within } from './words.ts';

/** @param label what is on its way */
export function Loading({ label = 'Loading' }: { label?: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {label}…
    </div>
  );
}

/** There is nothing, and what can be done about it. */
export function Empty({
  title,
  icon = 'inbox',
  children,
}: {
  title: string;
  icon?: IconName;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={icon} size={28} />
      <p class="empty-title">{title}</p>
      {children !== undefined && <div class="empty-more">{children}</div>}
    </div>
  );
}

/** What was refused or broke, in full, with the request’s id for whoever is asked about it. @param retry not offered to whom it is forbidden */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = asProblem(error);
  return (
    <div class="problem" role="alert">
      <Icon name="warn" />
      <div class="problem-said">
        <p class="problem-title">{problem.detail}</p>
        <FieldProblems problem={problem} />
        {problem.retryAfter !== undefined && <p>It may be asked again {within(problem.retryAfter)}.</p>}
        {problem.requestId !== undefined && (
          <p class="problem-id">
            Request <code>{problem.requestId}</code>
            <CopyButton text={problem.requestId} />
          </p>
        )}
      </div>
      {retry !== undefined && problem.status !== 403 && (
        <Button small onClick={retry} icon="refresh">
          Try again
        </Button>
      )}
    </div>
  );
}

function FieldProblems({ problem }: { problem: ApiProblem }) {
  // Of one alone the sentence above says it all.
  if (problem.errors.length < 2) return null;
  return (
    <ul class="problem-fields">
      {problem.errors.map(({ path, reason, detail }) => (
        <li key={`${path} ${reason}`}>
          <code>{path}</code> {detail ?? words(reason)}
        </li>
      ))}
    </ul>
  );
}

/** Is told how many loads more, or fewer, within it are under way, or have failed: by what must not go on before they are there. */
export const Awaiting = createContext<((state: 'loading' | 'error', more: 1 | -1) => void) | undefined>(undefined);

/** What `useLoad` has, in each of its states. */
export function Loaded<T>({
  of,
  label,
  children,
}: {
  of: Load<T>;
  label?: string;
  children(value: T): ComponentChildren;
}) {
  const { state } = of;
  const tell = useContext(Awaiting);
  // Before it is painted, so that nothing can be pressed in between.
  useLayoutEffect(() => {
    if (tell === undefined || state === 'ready') return;
    tell(state, 1);
    return () => tell(state, -1);
  }, [tell, state]);
  return (
    <>
      {of.state === 'error' && <Problem error={of.error} retry={of.reload} />}
      {of.value !== undefined ? children(of.value) : of.state === 'loading' && <Loading label={label} />}
    </>
  );
}

/** What `usePaged` has, in each of its states: the list, and the way to the rest of it. @param empty shown where there is nothing */
export function PagedList<T>({
  of,
  empty,
  children,
}: {
  of: Paged<T>;
  empty: ComponentChildren;
  children(items: readonly T[]): ComponentChildren;
}) {
  const { items, more, loading, stale, error, reload } = of;
  // While it is read again, as it was.
  const part = useRef(false);
  if (!loading) part.current = more !== undefined || error !== undefined;
  return (
    <>
      {items.length > 0 && (
        <div class={stale ? 'stale' : undefined} aria-busy={stale}>
          <Part.Provider value={part.current}>{children(items)}</Part.Provider>
        </div>
      )}
      {error !== undefined && <Problem error={error} retry={more ?? reload} />}
      {loading && <Loading />}
      {!loading &&
        error === undefined &&
        items.length === 0 &&
        (more === undefined ? empty : <Empty title="None found so far" icon="search" />)}
      {more !== undefined && error === undefined && (
        <div class="more">
          <Button onClick={more}>{items.length === 0 ? 'Look further' : 'Show more'}</Button>
          <span class="muted">{items.length} so far</span>
        </div>
      )}
    </>
  );
}
