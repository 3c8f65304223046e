import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApiProblem, api, asProblem } from '../api.ts';
import type { Query } from '../http.ts';

/** What is on its way, has come, or has not. While it is loaded again, the former value stays. */
export type Load<T> = { reload(): void } & (
  | { state: 'loading'; value?: T; error?: undefined }
  | { state: 'error'; value?: T; error: ApiProblem }
  | { state: 'ready'; value: T; error?: undefined }
);

/**
 * Loads when the component is first shown, and whenever one of `deps` is another; what is on its way then is aborted.
 * @param load gives its signal on to `api.get`
 */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, deps: readonly unknown[]): Load<T> {
  const [loaded, setLoaded] = useState<Omit<Load<T>, 'reload'>>({ state: 'loading' });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((former) => former + 1), []);
  const former = useRef(deps);
  useEffect(() => {
    const abort = new AbortController();
    // Of other deps the value is another one's, and is not to be shown as this one's.
    const same = former.current.every((one, index) => one === deps[index]);
    former.current = deps;
    setLoaded(({ value }) => ({ state: 'loading', ...(same && value !== undefined ? { value } : {}) }));
    load(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setLoaded({ state: 'ready', value });
      },
      (error) => {
        if (!abort.signal.aborted)
          setLoaded(({ value }) => ({
            ...{ state: 'error', error: asProblem(error) },
            ...(value === undefined ? {} : { value }),
          }));
      },
    );
    return () => abort.abort();
  }, [...deps, round]);
  return { ...loaded, reload } as Load<T>;
}

export interface Paged<T> {
  items: readonly T[];
  /** Loads the next page; absent: there is none. */
  more?: () => void;
  loading: boolean;
  /** Whether the items are those of what was asked before, of which this has not come yet. */
  stale: boolean;
  error?: ApiProblem;
  reload(): void;
}

interface Listed<T> {
  items: readonly T[];
  /** What was asked that these are of. */
  of: string;
  next?: string;
  loading: boolean;
  error?: ApiProblem;
}

/**
 * A list of `/admin` that is read page by page, from its beginning whenever path or query are others.
 * @param path undefined: nothing is asked yet
 */
export function usePaged<T>(path: string | undefined, query: Query = {}, limit = 50): Paged<T> {
  const asked = JSON.stringify([path, query, limit]);
  const [list, setList] = useState<Listed<T>>({ items: [], of: asked, loading: path !== undefined });
  const [round, setRound] = useState(0);
  const abort = useRef<AbortController>(undefined);

  const read = useCallback(
    async (before: readonly T[], cursor: string | undefined) => {
      abort.current?.abort();
      if (path === undefined) return;
      const own = new AbortController();
      abort.current = own;
      setList(({ items, of }) => ({ items, of, loading: true }));
      try {
        const { body } = await api.get<{ items: T[]; next?: string }>(path, { ...query, limit, cursor }, own.signal);
        const { items, next } = body;
        if (!own.signal.aborted)
          setList({ items: [...before, ...items], of: asked, loading: false, ...(next === undefined ? {} : { next }) });
      } catch (error) {
        if (!own.signal.aborted)
          setList({
            ...{ items: before, of: asked, loading: false, error: asProblem(error) },
            ...(cursor === undefined ? {} : { next: cursor }),
          });
      }
    },
    [asked],
  );

  useEffect(() => {
    void read([], undefined);
    return () => abort.current?.abort();
  }, [read, round]);

  const { items, of, next, loading, error } = list;
  const stale = of !== asked;
  return {
    ...{ items, loading, stale, reload: () => setRound((former) => former + 1) },
    ...(error === undefined ? {} : { error }),
    ...(next === undefined || loading || stale ? {} : { more: () => void read(items, next) }),
  };
}

interface Acting {
  busy: boolean;
  problem: ApiProblem | undefined;
  /** @returns whether it was done; what was refused is in `problem` */
  run(act: () => Promise<unknown>): Promise<boolean>;
  clear(): void;
}

/** For what a button does: one at a time, with what was refused. */
export function useAct(): Acting {
  const [{ busy, problem }, set] = useState<{ busy: boolean; problem?: ApiProblem }>({ busy: false });
  return {
    busy,
    problem,
    async run(act) {
      set({ busy: true });
      try {
        await act();
        set({ busy: false });
        return true;
      } catch (error) {
        set({ busy: false, problem: asProblem(error) });
        return false;
      }
    },
    clear: () => set({ busy: false }),
  };
}

/** A value that others follow only after it stood still for a while. @param ms milliseconds */
export function useSettled<T>(value: T, ms = 250): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
