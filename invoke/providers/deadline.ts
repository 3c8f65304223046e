import { TollgateError } from '../../contract/errors.ts';

export interface Deadlines {
  /** Milliseconds to the first byte of the model's answer. */
  firstByteMs: number;
  /** Milliseconds without a byte from the model. */
  streamIdleMs: number;
  /** Milliseconds for the whole call. */
  callTotalMs: number;
}

/** One call's time. Whatever ends it, ends everything that was given its signal. */
export interface Deadline {
  readonly signal: AbortSignal;
  /**
   * @param ms milliseconds that this one step may take
   * @param reason of the error when they run out
   * @returns what the step gives; one step at a time
   * @throws the reason of the signal once it is aborted, also if the step itself would never end
   */
  within<T>(ms: number, reason: string, step: Promise<T>): Promise<T>;
  /** Ends what is still running upstream, if anything is. */
  stop(error: TollgateError): void;
  /** Nothing is running upstream any more: the timer is released, and a later `stop` closes no healthy connection. */
  done(): void;
}

/** @param totalMs milliseconds from now */
export function startDeadline(totalMs: number): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  const callEnds = performance.now() + totalMs;
  let stepEnds = Number.POSITIVE_INFINITY;
  let stepReason = '';
  // One timer for all steps, which looks where the time is when it goes off: a stream has a step for every chunk.
  let timer: NodeJS.Timeout | undefined;
  let goesOff = Number.POSITIVE_INFINITY;
  const arm = (): void => {
    const next = Math.min(callEnds, stepEnds);
    if (next >= goesOff) return;
    clearTimeout(timer);
    goesOff = next;
    timer = setTimeout(look, Math.ceil(next - performance.now()));
  };
  const look = (): void => {
    goesOff = Number.POSITIVE_INFINITY;
    const now = performance.now();
    if (stepEnds > now && callEnds > now) arm();
    else controller.abort(new TollgateError('deadline', { reason: stepEnds <= now ? stepReason : 'call-total' }));
  };
  let over = false;
  let giveUp: ((error: unknown) => void) | undefined;
  signal.addEventListener('abort', () => giveUp?.(signal.reason), { once: true });

  return {
    signal,
    async within(ms, reason, step) {
      stepEnds = performance.now() + ms;
      stepReason = reason;
      arm();
      try {
        // Not Promise.race with one long-lived promise: that would keep a reaction per chunk until the call ends.
        return await new Promise((resolve, reject) => {
          giveUp = reject;
          step.then(resolve, reject);
          if (signal.aborted) reject(signal.reason);
        });
      } catch (error) {
        // An aborted transport throws its own error; why it was aborted is what matters.
        throw signal.aborted ? signal.reason : error;
      } finally {
        stepEnds = Number.POSITIVE_INFINITY;
        giveUp = undefined;
      }
    },
    stop(error) {
      clearTimeout(timer);
      if (!over) controller.abort(error);
    },
    done() {
      clearTimeout(timer);
      over = true;
    },
  };
}
