import { useEffect, useRef } from 'preact/hooks';
import { Empty } from '../../ui/states.tsx';
import type { Model } from './models.ts';
import type { Playground } from './playground.ts';
import { TurnView } from './turn.tsx';
import { useStore } from './use-store.ts';

/** Pixels from the end of the page within which somebody reads what comes, and is taken along. */
const NEAR = 160;

/** What has been said. It follows what is written, unless somebody looks at what is above. */
export function Talk({ playground, models }: { playground: Playground; models: readonly Model[] }) {
  const turns = useStore(playground.turns);
  const isRunning = useStore(playground.running) > 0;
  const list = useRef<HTMLDivElement>(null);
  useFollowing(list, turns.at(-1)?.id);
  return (
    <div class="pg-talk" ref={list}>
      {turns.length === 0 ? (
        <Empty title="Say something to begin" icon="edit">
          <p>
            Each answer tells its tokens, what it cost and how long it took. Choose <b>Compare</b> to ask two models at
            once.
          </p>
        </Empty>
      ) : (
        turns.map((turn, at) => (
          <TurnView
            key={turn.id}
            playground={playground}
            turn={turn}
            models={models}
            isLast={at === turns.length - 1}
          />
        ))
      )}
      <p class="unseen" role="status">
        {turns.length > 0 && (isRunning ? 'The answer is being written.' : 'The answer is there.')}
      </p>
    </div>
  );
}

function useFollowing(list: { current: HTMLDivElement | null }, last: number | undefined): void {
  const isFollowing = useRef(true);
  // Whoever says something wants to see what comes of it.
  useEffect(() => {
    isFollowing.current = true;
    if (last !== undefined) toEnd();
  }, [last]);
  useEffect(() => {
    if (list.current === null) return;
    const look = () => {
      const { scrollHeight } = document.documentElement;
      isFollowing.current = scrollY + innerHeight > scrollHeight - NEAR;
    };
    const observer = new ResizeObserver(() => {
      if (isFollowing.current) toEnd();
    });
    observer.observe(list.current);
    addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      removeEventListener('scroll', look);
    };
  }, []);
}

function toEnd(): void {
  scrollTo({ top: document.documentElement.scrollHeight });
}
