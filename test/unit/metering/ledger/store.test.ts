import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createStore, type UsageStore } from '../../../../metering/ledger/store.ts';
import { startS3 } from '../s3.ts';
import { aggregationOver, call, MemoryStore, NINE } from '../support.ts';

let s3: Awaited<ReturnType<typeof startS3>>;
let store: UsageStore;

beforeEach(async () => {
  s3 = await startS3();
  store = createStore({ client: s3.client, bucket: 'bucket' });
});

afterEach(() => s3.close());

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('the bucket over the SDK', () => {
  test('a listing goes through all pages, and may begin after a key', async () => {
    for (const key of ['raw/1', 'raw/2', 'raw/3', 'raw/4', 'raw/5', 'usage/1']) s3.objects.set(key, Buffer.from('x'));
    expect(await all(store.list('raw/'))).toEqual(['raw/1', 'raw/2', 'raw/3', 'raw/4', 'raw/5']);
    expect(await all(store.list('raw/', 'raw/2'))).toEqual(['raw/3', 'raw/4', 'raw/5']);
    expect(await all(store.list('none/'))).toEqual([]);
  });

  test('what was put is read back; what is not there is null', async () => {
    expect(await store.put('a', 'zoë')).toBe(true);
    expect(await store.read('a')).toBe('zoë');
    expect(await store.read('b')).toBeNull();
    expect(await store.version('b')).toBeNull();
    let length: string | undefined;
    s3.fault = (req) => {
      length = req.headers['content-length'];
      return false;
    };
    expect(await store.put('empty', '')).toBe(true);
    expect(length).toBe('0');
    expect(await store.read('empty')).toBe('');
  });

  test('a conditional put writes only what nobody else has written', async () => {
    expect(await store.put('a', '1', { ifVersion: null })).toBe(true);
    expect(await store.put('a', '2', { ifVersion: null })).toBe(false);
    const version = await store.version('a');
    expect(await store.put('a', '3', { ifVersion: version })).toBe(true);
    expect(await store.put('a', '4', { ifVersion: version })).toBe(false);
    expect(await store.read('a')).toBe('3');
    s3.objects.delete('a');
    expect(await store.put('a', '5', { ifVersion: version })).toBe(false);
  });

  test('lines come out of gzip whole, across chunks, members and multi-byte characters', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `{"n":${i},"text":"zoë ${'é'.repeat(i % 50)}"}`);
    const half = lines.length / 2;
    // Two gzip members in one object: what Firehose makes of two buffers.
    s3.objects.set(
      'raw/a',
      Buffer.concat([gzipSync(`${lines.slice(0, half).join('\n')}\n`), gzipSync(lines.slice(half).join('\n'))]),
    );
    const blocks = await all(store.lines('raw/a'));
    for (const block of blocks) expect(block.at(-1)).toBe(0x0a);
    expect(Buffer.concat(blocks).toString()).toBe(`${lines.join('\n')}\n`);
  });

  test('an object that is no whole gzip says so', async () => {
    s3.objects.set('raw/a', gzipSync('{"a":1}\n'.repeat(1_000)).subarray(0, 40));
    await expect(all(store.lines('raw/a'))).rejects.toMatchObject({ reason: 'corrupt-gzip' });
  });

  test('a connection that breaks is a failure and not a corrupt object', async () => {
    const body = gzipSync(Buffer.from(Array.from({ length: 100_000 }, (_, i) => i * 7919).join('\n')));
    s3.fault = (_, res) => {
      res.writeHead(200, { 'content-length': body.length });
      res.write(body.subarray(0, 1_000), () => res.destroy());
      return true;
    };
    const error = await all(store.lines('raw/a')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toMatchObject({ reason: 'corrupt-gzip' });
  });

  test.each(['read', 'version', 'list', 'lines'] as const)(
    'a %s that S3 refuses throws, it is not "nothing there"',
    async (method) => {
      s3.fault = (_, res) => {
        res.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
        return true;
      };
      const ask = {
        read: () => store.read('a'),
        version: () => store.version('a'),
        list: () => all(store.list('a')),
        lines: () => all(store.lines('a')),
      };
      await expect(ask[method]()).rejects.toThrow();
    },
  );

  test('an aggregation over it ends in the bytes that one in memory gives', async () => {
    const memory = new MemoryStore();
    for (let i = 0; i < 5; i++)
      memory.deliver(`dt=2026-11-21/hour=09/${i}`, call({ invocationId: `c${i}`, at: NINE + i * 900_000 }));
    for (const [key, bytes] of memory.objects) s3.objects.set(key, Buffer.from(bytes));
    await aggregationOver(memory).run();
    await Promise.all([aggregationOver(store).run(), aggregationOver(store).run()]);
    const results = [...s3.objects]
      .filter(([key]) => /^(usage|reports)/.test(key))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    expect(new Map(results.map(([key, bytes]) => [key, bytes.toString('base64')]))).toEqual(memory.results());
  });
});
