/**
 * A transport is asked to stop when the time is up; this does not wait for it to comply.
 *
 * @throws the signal's reason as soon as it is aborted
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
