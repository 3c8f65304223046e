/** Milliseconds: what takes less says nothing. */
const SILENT_MS = 1_000;
const REDRAW_MS = 500;

/** ECMA-48: to the first column, and erase what follows. */
const CLEAR = '\r\u001b[K';

interface Run {
  title: string;
  began: number;
  detail: string;
  timer: NodeJS.Timeout;
}

let run: Run | undefined;
let drawn = false;

/**
 * Says on stderr that a command is still at work, once it has taken a second and only if stderr is a terminal: one line, gone
 * before anything else is printed.
 *
 * @returns to be called when the work has ended
 */
export function beginProgress(title: string): () => void {
  const { stderr } = process;
  if (!stderr.isTTY || run !== undefined) return () => {};
  const timer = setTimeout(draw, SILENT_MS);
  timer.unref();
  run = { title, began: Date.now(), detail: '', timer };
  return () => {
    clearTimeout(run?.timer);
    run = undefined;
    clearProgress();
  };
}

/** How far it is: `3 of 40 hours`. */
export function progress(detail: string): void {
  if (run !== undefined) run.detail = detail;
}

/** Takes the line away, for what is about to be printed. */
export function clearProgress(): void {
  if (!drawn) return;
  drawn = false;
  process.stderr.write(CLEAR);
}

function draw(): void {
  if (run === undefined) return;
  const { title, began, detail } = run;
  run.timer = setTimeout(draw, REDRAW_MS);
  run.timer.unref();
  // Somebody is being asked something: the question is not to be drawn over.
  if (process.stdin.listenerCount('data') + process.stdin.listenerCount('readable') > 0) return;
  const seconds = Math.floor((Date.now() - began) / 1_000);
  const text = `${title} ... ${seconds} s${detail === '' ? '' : `, ${detail}`}`;
  drawn = true;
  process.stderr.write(`${CLEAR}${text.slice(0, Math.max((process.stderr.columns ?? 80) - 1, 1))}`);
}
