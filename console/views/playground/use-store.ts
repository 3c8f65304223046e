import { useEffect, useState } from 'preact/hooks';
import type { Store } from './store.ts';

/** The store’s value; the component is drawn anew when that is another. */
export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState(0);
  const { value } = store;
  useEffect(() => {
    const tell = () => redraw((former) => former + 1);
    // Between this drawing and its effects it may have become another.
    if (!Object.is(store.value, value)) tell();
    return store.watch(tell);
  }, [store]);
  return value;
}
