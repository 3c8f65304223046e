/** How a request ended: `answered`, or the name of what the SDK raised. */
export const nameOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: Error) => error.name,
  );
