import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Delivery, startDelivery } from '../../../local/delivery.ts';

const usage = (id: number, extra: object = {}) => JSON.stringify({ event: 'usage', usage: { v: 1, id }, ...extra });

let folder: string;
let delivery: Delivery;
let objects: Map<string, string>;
let down: boolean;
/** Bytes that the disk takes yet. */
let room: number;
let metrics: string[];
let logged: [string, string][];

function start(): Delivery {
  return startDelivery({
    folder,
    put: async (key, body) => {
      if (down) throw new Error('the store is down');
      objects.set(key, gunzipSync(body).toString());
    },
    onMetrics: (line) => metrics.push(line),
    onLog: (line, level) => logged.push([line, level]),
    clock: () => Date.UTC(2026, 10, 21, 9, 59, 59, 999),
    write(file, bytes) {
      if (room === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      const written = writeSync(file, bytes.subarray(0, room));
      room -= written;
      return written;
    },
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-spool-'));
  objects = new Map();
  down = false;
  room = Number.POSITIVE_INFINITY;
  metrics = [];
  logged = [];
  delivery = start();
});

afterEach(async () => {
  await delivery.close();
  rmSync(folder, { recursive: true });
});

describe('the delivery of what functions write', () => {
  test('puts usage lines unchanged into one object of the hour of delivery', async () => {
    delivery.take(usage(1));
    delivery.take(usage(2));
    await delivery.flush();
    expect([...objects.keys()]).toEqual([
      expect.stringMatching(/^raw\/dt=2026-11-21\/hour=09\/2026-11-21-09-59-59-999-[0-9a-f-]{36}\.jsonl\.gz$/),
    ]);
    expect([...objects.values()]).toEqual([`${usage(1)}\n${usage(2)}\n`]);
  });

  test('puts nothing when there is nothing', async () => {
    await delivery.flush();
    delivery.take(usage(1));
    await delivery.flush();
    await delivery.flush();
    expect(objects.size).toBe(1);
  });

  test('loses no line to a disk that is full, says so once, and announces no call then', async () => {
    room = usage(1).length + 5;
    delivery.take(usage(1));
    delivery.take(usage(2));
    await vi.waitFor(() => expect(logged).toHaveLength(1));
    expect(logged[0]).toEqual([expect.stringMatching(/"usage-waits","reason":"ENOSPC"/), 'error']);
    delivery.take(usage(3));
    expect(() => delivery.write()).toThrow('no space left');
    await delivery.flush();
    expect([objects.size, logged.filter(([, level]) => level === 'error').length]).toEqual([0, 1]);
    room = Number.POSITIVE_INFINITY;
    await delivery.flush();
    expect([...objects.values()]).toEqual([`${usage(1)}\n${usage(2)}\n${usage(3)}\n`]);
  });

  test('hands lines with metrics to CloudWatch, and other lines to the log with their level', async () => {
    delivery.take(usage(1, { _aws: {} }));
    delivery.take(JSON.stringify({ event: 'other', level: 'warn', _aws: {} }));
    delivery.take('a stack trace');
    expect(metrics).toHaveLength(2);
    expect(logged).toEqual([
      [JSON.stringify({ event: 'other', level: 'warn', _aws: {} }), 'warn'],
      ['a stack trace', 'error'],
    ]);
  });

  test.each([null, 7, { usage: null }, { usage: { v: 2 } }, { usage: { v: '1' } }])(
    '%j is no usage line',
    async (value) => {
      delivery.take(JSON.stringify(value));
      await delivery.flush();
      expect(objects.size).toBe(0);
    },
  );

  test('keeps what a store that is down did not take, and delivers it under the same key later', async () => {
    down = true;
    delivery.take(usage(1));
    await delivery.flush();
    delivery.take(usage(2));
    await delivery.flush();
    expect(logged.at(-1)?.[0]).toContain('delivery-postponed');
    down = false;
    await delivery.flush();
    expect([...objects.values()].sort()).toEqual([`${usage(1)}\n`, `${usage(2)}\n`]);
    expect(readdirSync(folder)).toEqual(['current.jsonl']);
  });

  test('delivers after a restart what was only on disk before it', async () => {
    down = true;
    delivery.take(usage(1));
    await delivery.close();
    writeFileSync(join(folder, 'current.jsonl'), `${usage(2)}\n`);
    down = false;
    delivery = start();
    await delivery.flush();
    expect([...objects.values()].sort()).toEqual([`${usage(1)}\n`, `${usage(2)}\n`]);
  });

  test('has a line on disk at the next turn of the event loop', async () => {
    delivery.take(usage(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(readFileSync(join(folder, 'current.jsonl'), 'utf8')).toBe(`${usage(1)}\n`);
  });

  test('closing delivers', async () => {
    delivery.take(usage(1));
    await delivery.close();
    expect(objects.size).toBe(1);
    delivery = start();
  });
});
