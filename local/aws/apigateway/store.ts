import { join } from 'node:path';
import { readIfThere, writeWhole } from '../../files.ts';

export interface ApiKey {
  id: string;
  /** What an authorizer names. */
  value: string;
  name: string;
  description?: string;
  enabled: boolean;
  /** Seconds since 1970. */
  createdDate: number;
  lastUpdatedDate: number;
}

export const PERIODS = ['DAY', 'WEEK', 'MONTH'] as const;

export interface Throttle {
  /** Requests a second. */
  rateLimit: number;
  burstLimit: number;
}

export interface Quota {
  limit: number;
  /** Of WEEK: the day on which it begins, 0 for Sunday. Of MONTH: days after the first. */
  offset: number;
  period: (typeof PERIODS)[number];
}

export interface UsagePlan {
  id: string;
  name: string;
  description?: string;
  apiStages: { apiId: string; stage: string }[];
  throttle?: Throttle;
  quota?: Quota;
}

/** All that API Gateway's control plane keeps here. */
export interface State {
  keys: ApiKey[];
  plans: UsagePlan[];
  /** Which key is in which plan. */
  planKeys: { planId: string; keyId: string }[];
}

export interface Store {
  readonly state: Readonly<State>;
  /**
   * Makes a change and has it on disk before it is in force.
   *
   * @param change gets a copy to edit; what it throws leaves everything as it was
   * @returns what `change` returned
   */
  edit<T>(change: (state: State) => T): Promise<T>;
}

/** @param folder is there; the file of an earlier start is taken up */
export async function openStore(folder: string): Promise<Store> {
  const file = join(folder, 'apigateway.json');
  const text = await readIfThere(file);
  let state: State = text === undefined ? { keys: [], plans: [], planKeys: [] } : (JSON.parse(text) as State);
  let last: Promise<unknown> = Promise.resolve();
  return {
    get state() {
      return state;
    },
    edit(change) {
      const edited = last.then(async () => {
        const next = structuredClone(state);
        const result = change(next);
        await writeWhole(file, JSON.stringify(next));
        state = next;
        return result;
      });
      last = edited.catch(() => {});
      return edited;
    },
  };
}
