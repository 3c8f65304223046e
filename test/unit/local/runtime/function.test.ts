import { afterEach, describe, expect, test, vi } from 'vitest';
import { type FunctionError, LocalFunction, type StreamReader } from '../../../../local/runtime/function.ts';
import { WINDOW_BYTES } from '../../../../local/runtime/messages.ts';

const started: LocalFunction[] = [];

function start(handler: string, env: Record<string, string> = {}) {
  const lines: string[] = [];
  const fn = new LocalFunction({
    name: 'a-function',
    handler: new URL(`./handlers/${handler}.ts`, import.meta.url),
    env,
    onLine: (line) => lines.push(line),
  });
  started.push(fn);
  return { fn, lines };
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((fn) => fn.stop(1_000)));
});

/** Reads to the end; with `hold`, takes nothing until told. */
function reader(hold = false) {
  const chunks: Uint8Array[] = [];
  const held: (() => void)[] = [];
  const state = { ended: 0, failure: undefined as FunctionError | undefined };
  const read: StreamReader = {
    chunk(bytes, taken) {
      chunks.push(bytes);
      if (hold) held.push(taken);
      else taken();
    },
    ended: () => void state.ended++,
    failed: (error) => {
      state.failure = error;
    },
  };
  return { read, state, held, bytes: () => Buffer.concat(chunks) };
}

const PRELUDE = `${JSON.stringify({ statusCode: 200, headers: { 'content-type': 'text/plain' } })}${'\0'.repeat(8)}`;

describe('an execution environment', () => {
  test('invokes the handler with the event and the request id', async () => {
    const { fn } = start('plain');
    expect(await fn.call({ do: 'echo', value: { a: [1] } }, 'id-1')).toEqual({ value: { a: [1] }, requestId: 'id-1' });
  });

  test('shows the handler its own variables and nothing of the process around it', async () => {
    const { fn } = start('plain', { TOLLGATE_TABLE: 'a-table' });
    expect(await fn.call({ do: 'environment' }, 'id')).toEqual({ TOLLGATE_TABLE: 'a-table' });
  });

  test('hands on what the handler throws, message to the letter', async () => {
    const { fn } = start('plain');
    await expect(fn.call({ do: 'throw' }, 'id')).rejects.toMatchObject({ message: 'Unauthorized', errorType: 'Error' });
  });

  test('reports a handler that cannot be loaded, with its reason', async () => {
    const { fn } = start('unloadable');
    await expect(fn.call({}, 'id')).rejects.toThrow('TOLLGATE_TABLE is not set');
  });

  test('that dies fails the calls it had, and the next call gets a new one', async () => {
    const { fn } = start('plain');
    await expect(fn.call({ do: 'die' }, 'id')).rejects.toMatchObject({ errorType: 'EnvironmentError' });
    expect(await fn.call({ do: 'echo', value: 1 }, 'id')).toMatchObject({ value: 1 });
  });

  test('that rests has given over its lines and is gone, and the next call gets a new one', async () => {
    const { fn, lines } = start('plain');
    await fn.call({ do: 'remember' }, 'id');
    await fn.call({ do: 'log', value: 100 }, 'id');
    expect(await fn.call({ do: 'remember' }, 'id')).toBe(2);
    await fn.rest();
    expect(lines).toHaveLength(100);
    expect(await fn.call({ do: 'remember' }, 'id')).toBe(1);
  });

  test('that computes gets no more calls at once than a small number, and every call its turn', async () => {
    const { fn } = start('plain');
    await fn.start();
    const most = await Promise.all(
      Array.from({ length: 40 }, async () => (await fn.call({ do: 'count', value: 0.1 }, 'id')) as { atOnce: number }),
    );
    expect(Math.max(...most.map(({ atOnce }) => atOnce))).toBe(8);
  });

  test('of which all calls only wait gets the others, too', async () => {
    const { fn } = start('plain');
    await fn.start();
    const waiting = Array.from({ length: 20 }, () => fn.call({ do: 'wait', value: 3_000 }, 'id'));
    const began = performance.now();
    await fn.call({ do: 'echo' }, 'id');
    expect(performance.now() - began).toBeLessThan(2_000);
    await Promise.all(waiting);
  });

  test('takes no new call once it is told to stop', async () => {
    const { fn } = start('plain');
    await fn.start();
    const stopped = fn.stop(1_000);
    await expect(fn.call({ do: 'echo' }, 'id')).rejects.toThrow('a-function is stopping');
    await stopped;
  });

  test('has given over every line once it is in sync', async () => {
    const { fn, lines } = start('plain');
    await fn.call({ do: 'log', value: 2_000 }, 'id');
    await fn.sync();
    expect(lines).toEqual(Array.from({ length: 2_000 }, (_, i) => `line ${i}`));
  });
});

describe('a streamed answer', () => {
  test('is the prelude, 8 NULs and the chunks, then the end', async () => {
    const { fn } = start('streaming');
    const { read, state, bytes } = reader();
    await fn.stream(JSON.stringify({ chunks: 3, bytes: 2 }), 'id', read);
    expect(bytes().toString()).toBe(`${PRELUDE}aabbcc`);
    expect(state).toEqual({ ended: 1, failure: undefined });
  });

  test('without a single write has no prelude, as in Lambda', async () => {
    const { fn } = start('streaming');
    const { read, state, bytes } = reader();
    await fn.stream(JSON.stringify({ chunks: 0, bytes: 0 }), 'id', read);
    expect(bytes()).toHaveLength(0);
    expect(state.ended).toBe(1);
  });

  test('waits for a slow reader: no more than the window and one chunk are under way', async () => {
    const { fn, lines } = start('streaming');
    const { read, state, held, bytes } = reader(true);
    const chunk = 65_536;
    const all = fn.stream(JSON.stringify({ chunks: 100, bytes: chunk }), 'id', read);
    await vi.waitFor(() => expect(bytes().length).toBeGreaterThanOrEqual(WINDOW_BYTES), { timeout: 15_000 });
    await fn.sync();
    expect(bytes().length).toBeLessThanOrEqual(WINDOW_BYTES + chunk + PRELUDE.length);
    expect(lines.length).toBeLessThan(10);
    while (state.ended === 0) {
      for (const taken of held.splice(0)) taken();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await all;
    expect(bytes().length).toBe(PRELUDE.length + 100 * chunk);
  });

  test('breaks when the handler throws after its first byte', async () => {
    const { fn } = start('streaming');
    const { read, state, bytes } = reader();
    await fn.stream(JSON.stringify({ chunks: 1, bytes: 1, ending: 'throw' }), 'id', read);
    expect(bytes().toString()).toBe(`${PRELUDE}a`);
    expect(state.ended).toBe(0);
    expect(state.failure).toMatchObject({ errorType: 'TypeError', message: 'broken on purpose' });
  });

  test('breaks when the handler destroys it', async () => {
    const { fn } = start('streaming');
    const { read, state } = reader();
    await fn.stream(JSON.stringify({ chunks: 1, bytes: 1, ending: 'destroy' }), 'id', read);
    expect(state).toMatchObject({ ended: 0, failure: { name: 'FunctionError' } });
  });

  test('lets the handler go on after the end, and a stop waits for that', async () => {
    const { fn, lines } = start('streaming');
    const { read, state } = reader();
    void fn.stream(JSON.stringify({ chunks: 1, bytes: 1, ending: 'linger' }), 'id', read);
    await vi.waitFor(() => expect(state.ended).toBe(1), { timeout: 15_000 });
    await fn.stop(5_000);
    expect(lines.at(-1)).toBe('returned');
  });

  test('of many calls at once stays apart from the others', async () => {
    const { fn } = start('streaming');
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const { read, bytes } = reader();
        await fn.stream(JSON.stringify({ chunks: (i % 5) + 1, bytes: i + 1 }), 'id', read);
        const body = Array.from({ length: (i % 5) + 1 }, (_, at) => 'abcde'.charAt(at).repeat(i + 1)).join('');
        expect(bytes().toString()).toBe(PRELUDE + body);
      }),
    );
  });
});
