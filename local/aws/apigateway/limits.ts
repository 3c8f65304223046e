import { join } from 'node:path';
import type { GatewayResponseType } from '../../../contract/gateway-responses.ts';
import type { Clock } from '../../../contract/log.ts';
import { readIfThere, writeWhole } from '../../files.ts';
import { type Bucket, fullBucket, take } from './bucket.ts';
import { periodOf } from './quota.ts';
import type { Store } from './store.ts';

/** Requests of one key in one plan, in the period that it was last seen in. */
interface Used {
  /** First day of the period. */
  period: string;
  requests: number;
}

export interface Limits {
  /**
   * Counts a request by its API key, as API Gateway does before it calls the integration.
   *
   * @param value the key's value; undefined when the authorizer named none
   * @returns how the request is refused, or undefined when it may pass
   */
  count(value: string | undefined): GatewayResponseType | undefined;
  /** Writes down what has been counted. */
  close(): Promise<void>;
}

export interface LimitsOptions {
  store: Store;
  /** Of the stage whose requests are counted. */
  apiId: string;
  stage: string;
  /** Where the counts of the quotas are kept over a restart. */
  folder: string;
  clock: Clock;
}

/** Milliseconds from a count to the disk: a laptop that loses power may forgive as many calls as came in that time. */
const WRITE_AFTER_MS = 1_000;

/** Rate, burst and quota of every key in every usage plan of one stage. */
export async function openLimits({ store, apiId, stage, folder, clock }: LimitsOptions): Promise<Limits> {
  const file = join(folder, 'apigateway-usage.json');
  const used = new Map<string, Used>(Object.entries(JSON.parse((await readIfThere(file)) ?? '{}')));
  const buckets = new Map<string, Bucket>();
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const write = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(() => writeWhole(file, JSON.stringify(Object.fromEntries(used))));
    return writing;
  };

  return {
    count(value) {
      const { keys, plans, planKeys } = store.state;
      const key = keys.find((one) => one.value === value && one.enabled);
      const plan = plans.find(
        ({ id, apiStages }) =>
          apiStages.some((one) => one.apiId === apiId && one.stage === stage) &&
          planKeys.some(({ planId, keyId }) => planId === id && keyId === key?.id),
      );
      if (key === undefined || plan === undefined) return 'INVALID_API_KEY';
      const name = `${plan.id} ${key.id}`;
      const { throttle, quota } = plan;
      const now = clock();
      const period = quota === undefined ? undefined : periodOf(quota, now);
      const before = used.get(name);
      const requests = before?.period === period ? (before?.requests ?? 0) : 0;
      if (quota !== undefined && requests >= quota.limit) return 'QUOTA_EXCEEDED';
      if (throttle !== undefined) {
        const bucket = buckets.get(name) ?? fullBucket(throttle, now);
        buckets.set(name, bucket);
        if (!take(bucket, throttle, now)) return 'THROTTLED';
      }
      if (period !== undefined) {
        used.set(name, { period, requests: requests + 1 });
        timer ??= setTimeout(() => void write().catch(() => {}), WRITE_AFTER_MS).unref();
      }
      return undefined;
    },
    close: () => (timer === undefined ? writing : write()),
  };
}
