import { createGunzip } from 'node:zlib';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { INFLATED_BYTES, linesOf } from './lines.ts';

/** Identifies the bytes that stand under a key; null: there is no such object. */
export type Version = string | null;

export interface PutOptions {
  contentType?: string;
  /** Writes only if the object is still as it was; absent: whatever it is. */
  ifVersion?: Version;
}

/** What metering asks of the bucket. Every method throws the store's own error when it
 * cannot answer. */
export interface UsageStore {
  /** @returns keys with the prefix, in order, those up to and including `after` left out */
  list(prefix: string, after?: string): AsyncIterable<string>;
  /**
   * The lines of a gzip object, each with its newline, in blocks of whole lines.
   *
   * @throws TollgateError `internal` with reason corrupt-gzip when the data is no whole gzip; an error also when there is
   *   no such object
   */
  lines(key: string): AsyncIterable<Buffer>;
  /** @returns the object as UTF-8, or null when there is none */
  read(key: string): Promise<string | null>;
  version(key: string): Promise<Version>;
  /** @returns false when the object was no longer as `ifVersion` says, and then nothing was written */
  put(key: string, body: string | Uint8Array, options?: PutOptions): Promise<boolean>;
}

/** @param client with credentials that may list, read and write the bucket */
export function createStore({ client, bucket }: { client: S3Client; bucket: string }): UsageStore {
  return {
    async *list(prefix, after) {
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            ...(after === undefined ? {} : { StartAfter: after }),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
        token = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },

    async *lines(key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (Body === undefined) throw new Error(`S3 answered without a body for ${key}`);
      yield* linesOf(Body as AsyncIterable<Uint8Array>, createGunzip({ chunkSize: INFLATED_BYTES }));
    },

    async read(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return (await Body?.transformToString()) ?? null;
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    },

    async version(key) {
      try {
        const { ETag } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return ETag ?? null;
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    },

    async put(key, body, { contentType, ifVersion } = {}) {
      // Bytes and their length: of an empty string the SDK makes a stream without a length, which S3 refuses.
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: bytes,
            ContentLength: bytes.byteLength,
            ...(contentType === undefined ? {} : { ContentType: contentType }),
            ...(ifVersion === undefined ? {} : ifVersion === null ? { IfNoneMatch: '*' } : { IfMatch: ifVersion }),
          }),
        );
        return true;
      } catch (error) {
        if (ifVersion !== undefined && LOST_RACE.has(statusOf(error) ?? 0)) return false;
        throw error;
      }
    },
  };
}

// 412: it changed. 409: another conditional write is under way. 404: it was deleted since
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
const LOST_RACE: ReadonlySet<number> = new Set([404, 409, 412]);

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
