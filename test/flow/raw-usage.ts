import { gunzipSync, gzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { FinishedUsage, Tokens, UsageRecord } from '../../contract/usage.ts';
import type { CallRecord } from '../../local/aws/calls.ts';
import { createStore, type UsageStore } from '../../metering/ledger/store.ts';
import type { Stack } from './stack.ts';

/** The raw lines in a stack's bucket, which the ledger is computed from. */
export class RawUsage {
  readonly #stack: Stack;
  readonly #s3: S3Client;

  constructor(stack: Stack) {
    this.#stack = stack;
    this.#s3 = new S3Client({
      endpoint: stack.aws,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
    });
  }

  /** Everything that was written so far. */
  async records(): Promise<UsageRecord[]> {
    await fetch(`${this.#stack.aws}/_local/flush`, { method: 'POST' });
    const { Contents = [] } = await this.#s3.send(
      new ListObjectsV2Command({ Bucket: 'tollgate-usage', Prefix: 'raw/' }),
    );
    const records: UsageRecord[] = [];
    for (const { Key } of Contents) {
      const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: 'tollgate-usage', Key }));
      const text = gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString('utf8');
      for (const line of text.trimEnd().split('\n')) records.push((JSON.parse(line) as { usage: UsageRecord }).usage);
    }
    return records;
  }

  /** Writes lines as who may write the bucket could, and no gateway did. */
  async forge(records: readonly UsageRecord[]): Promise<void> {
    const now = new Date().toISOString();
    const Key = `raw/dt=${now.slice(0, 10)}/hour=${now.slice(11, 13)}/forged.jsonl.gz`;
    const Body = gzipSync(records.map((usage) => `${JSON.stringify({ usage })}\n`).join(''));
    await this.#s3.send(new PutObjectCommand({ Bucket: 'tollgate-usage', Key, Body }));
  }

  /** The whole bucket, as metering has it. */
  store(): UsageStore {
    return createStore({ client: this.#s3, bucket: 'tollgate-usage' });
  }

  /** All lines of one call, its attempts in order, each started and then finished; waits until the last is there. */
  async ofCall(requestId: string, attempts = 1): Promise<UsageRecord[]> {
    let lines: UsageRecord[] = [];
    await expect
      .poll(
        async () => {
          lines = (await this.records()).filter((record) => record.requestId === requestId);
          return lines.filter(({ phase }) => phase === 'finished').length;
        },
        { timeout: 15_000 },
      )
      .toBe(attempts);
    const rank = ({ attempt = 1, phase }: UsageRecord): number => 2 * attempt + (phase === 'finished' ? 1 : 0);
    return lines.sort((a, b) => rank(a) - rank(b));
  }

  close(): void {
    this.#s3.destroy();
  }
}

/** What the model counted, in the ledger's kinds. */
export function tokensOf(usage: NonNullable<CallRecord['usage']>): Tokens {
  const { cacheDetails = [], reasoningTokens: reasoning, images, embeddings, searches } = usage;
  const oneHour = cacheDetails.find(({ ttl }) => ttl === '1h')?.inputTokens ?? 0;
  return {
    input: usage.inputTokens,
    output: usage.outputTokens,
    cacheRead: usage.cacheReadInputTokens,
    cacheWrite: usage.cacheWriteInputTokens - oneHour,
    ...(oneHour > 0 ? { cacheWrite1h: oneHour } : {}),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(images === undefined ? {} : { images }),
    ...(embeddings === undefined ? {} : { embeddings }),
    ...(searches === undefined ? {} : { searches }),
  };
}

export function finishedOf(records: readonly UsageRecord[]): FinishedUsage[] {
  return records.filter((record) => record.phase === 'finished');
}
