/**
 * Two clocks, because each lies in its own way: the wall's is set, forward and back; the other stands still while a laptop
 * sleeps. A token has ended when either says so.
 */
export interface Time {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since some moment; it never goes back. */
  monotonic(): number;
  /** Runs once after so many milliseconds. @returns what calls it off */
  after(ms: number, run: () => void): () => void;
}

export const systemTime: Time = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    // Waiting for a token is no reason for a process to live.
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** @returns what resolves after so many milliseconds, or throws the signal's reason before */
export function pause(time: Time, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      off();
      reject(signal.reason);
    };
    const off = time.after(ms, () => {
      signal.removeEventListener('abort', aborted);
      resolve();
    });
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}
