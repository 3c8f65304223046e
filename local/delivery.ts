import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../contract/log.ts';
import { Spool, type SpoolOptions } from './spool.ts';

export interface DeliveryOptions {
  /** Where undelivered lines are kept. */
  folder: string;
  /** Puts one object. Rejects when the store does not take it. */
  put(key: string, body: Uint8Array): Promise<void>;
  /** An EMF line for the local CloudWatch. */
  onMetrics(line: string): void;
  /** Any other line. */
  onLog(line: string, level: string): void;
  clock: Clock;
  /** Of node:fs, unless given. */
  write?: SpoolOptions['write'];
}

export interface Delivery {
  /** One line that a function wrote. */
  take(line: string): void;
  /** Has every line taken so far on disk when it returns. */
  write(): void;
  /** Delivers what is there. Resolves when it has tried; what failed stays on disk for the next time. */
  flush(): Promise<void>;
  /** Flushes a last time. */
  close(): Promise<void>;
}

/** Milliseconds between deliveries. Firehose buffers for 60 s and more; on a laptop one wants to see one's call. */
const EVERY_MS = 5_000;

const compress = promisify(gzip);

/**
 * What a log group's subscription and Firehose do in AWS: usage lines go, unchanged, into
 * `raw/dt=YYYY-MM-DD/hour=HH/<time>-<uuid>.jsonl.gz` by the hour of their delivery; lines with metrics go to CloudWatch.
 */
export function startDelivery({ folder, put, onMetrics, onLog, clock, write }: DeliveryOptions): Delivery {
  const onRefused = (error: unknown): void => {
    const { code: reason = 'unknown' } = error as NodeJS.ErrnoException;
    const message = `usage cannot be written to ${folder}; it is kept in memory, and calls of models fail, until it can be`;
    onLog(JSON.stringify({ at: clock(), level: 'error', event: 'usage-waits', reason, message }), 'error');
  };
  const spool = new Spool(folder, { clock, onRefused, write });
  let delivering: Promise<void> | undefined;

  const deliverAll = async (): Promise<void> => {
    try {
      for (const sealed of await spool.seal()) {
        await put(keyOf(sealed.name), await compress(await spool.read(sealed)));
        await spool.remove(sealed);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown';
      onLog(JSON.stringify({ at: clock(), level: 'warn', event: 'delivery-postponed', reason }), 'warn');
    }
  };

  const flush = async (): Promise<void> => {
    // A delivery under way may have sealed before the caller's line came: only one that begins now is sure to hold it.
    await delivering;
    delivering ??= deliverAll().finally(() => {
      delivering = undefined;
    });
    await delivering;
  };

  const timer = setInterval(() => void flush(), EVERY_MS);
  timer.unref();

  return {
    take(line) {
      const { usage, metrics, level } = read(line);
      if (usage) spool.add(line);
      if (metrics) onMetrics(line);
      if (!usage) onLog(line, level);
    },
    write: () => spool.write(),
    flush,
    async close() {
      clearInterval(timer);
      await flush();
      spool.close();
    },
  };
}

/** @param name of a sealed file: `<YYYY-MM-DD>T<HH>-` and what the object is called in its hour */
function keyOf(name: string): string {
  return `raw/dt=${name.slice(0, 10)}/hour=${name.slice(11, 13)}/${name.slice(14)}.jsonl.gz`;
}

function read(line: string): { usage: boolean; metrics: boolean; level: string } {
  try {
    const value = JSON.parse(line) as { usage?: { v?: unknown } | null; _aws?: unknown; level?: unknown } | null;
    return {
      usage: value?.usage?.v === 1,
      metrics: value?._aws !== undefined,
      level: typeof value?.level === 'string' ? value.level : 'info',
    };
  } catch {
    // Not ours: what Node or a library prints when it is in trouble.
    return { usage: false, metrics: false, level: 'error' };
  }
}
