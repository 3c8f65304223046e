import { useEffect, useState } from 'preact/hooks';
import type { Tone } from './badge.tsx';
import { Button } from './button.tsx';

interface Toast {
  id: number;
  text: string;
  tone: Tone;
}

/** Milliseconds: long enough to be read twice. */
const SHOWN = 6_000;
const SHOWN_MAX = 3;

let toasts: readonly Toast[] = [];
let next = 1;
let tell: (() => void) | undefined;

function set(to: readonly Toast[]): void {
  toasts = to;
  tell?.();
}

/** Says what was done, for a while. What was refused is said where it was asked, and stays. */
export function toast(text: string, tone: Tone = 'good'): void {
  const one = { id: next++, text, tone };
  set([...toasts, one].slice(-SHOWN_MAX));
  setTimeout(() => dismiss(one.id), SHOWN);
}

function dismiss(id: number): void {
  set(toasts.filter((one) => one.id !== id));
}

/** Once, in the shell. */
export function Toasts() {
  const [, redraw] = useState(0);
  useEffect(() => {
    tell = () => redraw((former) => former + 1);
    return () => {
      tell = undefined;
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text, tone }) => (
        <div key={id} class={`toast ${tone}`}>
          <span>{text}</span>
          <Button kind="quiet" small icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
