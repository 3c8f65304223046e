import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { Store } from '../store.ts';
import { useStore } from '../use-store.ts';

/** What reads Markdown, once it is loaded. */
const reader = new Store<ComponentType<{ text: string }> | undefined>(undefined);

/** What a model says: as it wrote it, until what reads Markdown is there. */
export function Said({ text }: { text: string }) {
  const Read = useStore(reader);
  useEffect(() => {
    // Where it cannot be loaded, the next answer tries again.
    if (Read === undefined)
      import('./markdown.tsx').then(
        (loaded) => reader.set(loaded.default),
        () => undefined,
      );
  }, []);
  if (Read !== undefined) return <Read text={text} />;
  return (
    <p class="pg-text" dir="auto">
      {text}
    </p>
  );
}
