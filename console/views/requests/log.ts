import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApiProblem, api, asProblem, type Query } from '../../api.ts';
import { type Call, joined } from './call.ts';

export interface Log {
  calls: readonly Call[];
  loading: boolean;
  error?: ApiProblem;
  /** Down to when everything was looked at. */
  lookedBackTo?: string;
  /** Looks further back; absent: there is nothing more. */
  more?: () => void;
  reload(): void;
}

interface Page {
  items: readonly Call[];
  lookedBackTo: string;
  next?: string;
}

type Read = Omit<Log, 'more' | 'reload'> & { next?: string | undefined };

/** Rows that one look should find, and pages that it takes for them at most: each may be seconds of reading. */
const [WANTED, PAGES_MAX] = [50, 4];

/** The log of calls, read on and on until a page is full of what is wanted, and further back when somebody asks for it. */
export function useLog(query: Query): Log {
  const [read, setRead] = useState<Read>({ calls: [], loading: true });
  const [round, setRound] = useState(0);
  const abort = useRef<AbortController>(undefined);
  const asked = JSON.stringify(query);

  const look = useCallback(
    async (before: readonly Call[], from: string | undefined) => {
      abort.current?.abort();
      const own = new AbortController();
      abort.current = own;
      let [calls, cursor] = [before, from];
      setRead((former) => ({ ...former, calls, loading: true, error: undefined }) as Read);
      try {
        for (let pages = 0; pages < PAGES_MAX; pages++) {
          const { body } = await api.get<Page>('/admin/requests', { ...query, limit: WANTED, cursor }, own.signal);
          if (own.signal.aborted) return;
          calls = joined(calls, body.items);
          cursor = body.next;
          const done = cursor === undefined || calls.length >= before.length + WANTED || pages === PAGES_MAX - 1;
          setRead({ calls, loading: !done, lookedBackTo: body.lookedBackTo, next: cursor });
          if (done) return;
        }
      } catch (error) {
        if (!own.signal.aborted)
          setRead((former) => ({ ...former, calls, loading: false, next: cursor, error: asProblem(error) }));
      }
    },
    [asked],
  );

  useEffect(() => {
    setRead({ calls: [], loading: true });
    void look([], undefined);
    return () => abort.current?.abort();
  }, [look, round]);

  const { next, ...told } = read;
  return {
    ...told,
    reload: () => setRound((former) => former + 1),
    ...(next === undefined || read.loading ? {} : { more: () => void look(read.calls, next) }),
  };
}
