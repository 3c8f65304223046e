import type { ComponentChildren } from 'preact';

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'info';

/** A state in a word. Its colour repeats what the word says. */
export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** A remark above what it is about. */
export function Note({ tone = 'info', children }: { tone?: Tone; children: ComponentChildren }) {
  return <div class={`note ${tone}`}>{children}</div>;
}

/** How much of something is used up. @param label what a screen reader says it is. @param max 0: nothing is left to use */
export function Meter({ value, max, label, tone }: { value: number; max: number; label: string; tone?: Tone }) {
  const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 1;
  const own = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'good';
  return <progress class={`meter ${tone ?? own}`} value={share} max={1} aria-label={label} />;
}
