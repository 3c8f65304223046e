import { S3Client } from '@aws-sdk/client-s3';
import { createStore } from '../metering/ledger/store.ts';
import type { UsageReader } from './route.ts';

const opened = new Map<string, UsageReader>();

/** The bucket of usage, for what is asked of it. Loaded only then, since most that is asked is of the registry. */
export function openUsage(bucket: string): UsageReader {
  const store = opened.get(bucket) ?? createStore({ client: new S3Client({}), bucket });
  opened.set(bucket, store);
  return store;
}
