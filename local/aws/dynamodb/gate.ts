/** Many at once, or one alone: a transaction waits for what was begun before it, and what comes after waits for it. */
export interface Gate {
  shared<T>(run: () => Promise<T>): Promise<T>;
  alone<T>(run: () => Promise<T>): Promise<T>;
}

export function createGate(): Gate {
  let lastAlone: Promise<unknown> = Promise.resolve();
  const running = new Set<Promise<unknown>>();
  return {
    shared(run) {
      const result = lastAlone.then(run);
      const settled: Promise<unknown> = result.catch(() => undefined).then(() => running.delete(settled));
      running.add(settled);
      return result;
    },
    alone(run) {
      const result = Promise.all([lastAlone, ...running]).then(run);
      lastAlone = result.catch(() => undefined);
      return result;
    },
  };
}
