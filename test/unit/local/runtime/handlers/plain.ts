/** A handler that does not stream: echoes, shows its environment, throws, or dies, as its event says. */
export async function handler(event: { do: string; value?: unknown }, context: { awsRequestId: string }) {
  switch (event.do) {
    case 'echo':
      return { value: event.value, requestId: context.awsRequestId };
    case 'environment':
      return { ...process.env };
    case 'log':
      for (let i = 0; i < Number(event.value); i++) process.stdout.write(`line ${i}\n`);
      return null;
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
