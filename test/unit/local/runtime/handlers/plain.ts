let running = 0;
let remembered = 0;

/** A handler that does not stream: echoes, shows its environment, counts, remembers, throws, or dies, as its event says. */
export async function handler(event: { do: string; value?: unknown }, context: { awsRequestId: string }) {
  switch (event.do) {
    case 'echo':
      return { value: event.value, requestId: context.awsRequestId };
    case 'environment':
      return { ...process.env };
    case 'log':
      for (let i = 0; i < Number(event.value); i++) process.stdout.write(`line ${i}\n`);
      return null;
    case 'count': {
      // Every call that is let in meanwhile is counted before the first one leaves.
      running++;
      for (let turn = 0; turn < 50; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        const until = performance.now() + Number(event.value);
        while (performance.now() < until);
      }
      const atOnce = running;
      running--;
      return { atOnce };
    }
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, Number(event.value)));
      return null;
    case 'remember':
      return ++remembered;
    case 'throw':
      throw new Error('Unauthorized');
    case 'die':
      // Thrown where nobody waits for it: what ends a Lambda environment too.
      setImmediate(() => {
        throw new Error('dead');
      });
      return new Promise(() => {});
    default:
      return null;
  }
}
