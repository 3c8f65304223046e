/**
 * The data of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as they come. Comments, which
 * keep a silent connection open, are passed over.
 *
 * @returns the texts of the events that each piece of the body completed, several at once where they came so
 */
export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string[]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const events = rest.split(/\r?\n\r?\n/);
      // An event that is not ended is none.
      rest = events.pop() ?? '';
      const texts = events.map(dataOf).filter((text) => text !== '');
      if (texts.length > 0) yield texts;
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function dataOf(event: string): string {
  return event
    .split(/\r?\n/)
    .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).replace(/^ /, '')] : []))
    .join('\n');
}
