import { createAdmin } from '../../../admin/app.ts';
import type { Stage } from '../../../admin/stage.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { MARKS, parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { COOLING } from '../../../metering/budgets/counter-names.ts';
import type { Item } from '../../../registry/items.ts';
import { createWriter, type Writer } from '../../../registry/writer.ts';
import { MemoryStore } from '../metering/support.ts';
import { type MemoryItems, memoryItems } from '../registry/memory-items.ts';

/** The registry’s API with a stage around it, all of it in memory. */

export const NOW = Date.UTC(2026, 10, 21, 12);

type Role = keyof typeof MARKS;

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer may be anything
  body: any;
}

export interface Around {
  store: MemoryStore;
  items: MemoryItems;
  /** Who prepares: under another name than who asks. */
  writer: Writer;
  /** Milliseconds since 1970; a test moves it on. */
  time: { now: number };
  ask(role: Role, path: string, tenant?: string): Promise<Answer>;
  send(role: Role, method: string, path: string, body: object, headers?: Record<string, string>): Promise<Answer>;
}

export interface AroundOptions {
  catalog?: Stage['catalog'];
  /** Of places that cool, by their key. */
  cooling?: ReadonlyMap<string, bigint>;
  /** What the counters table answers to a query. */
  days?: Item[];
}

export function around({ catalog, cooling = new Map(), days = [] }: AroundOptions = {}): Around {
  const [items, store, time] = [memoryItems(), new MemoryStore(), { now: NOW }];
  const app = createAdmin({
    items,
    clock: () => time.now,
    usage: async () => store,
    counters: async () => ({
      partition: async (pk) =>
        pk === COOLING.pk ? [{ key: COOLING, counts: { numbers: cooling, sets: new Map() } }] : [],
      query: async () => days,
    }),
    stage: {
      name: 'dev',
      region: async () => 'us-east-1',
      ...(catalog === undefined ? {} : { catalog }),
    },
  });
  const callerOf = (role: Role, tenant: string): CallerContext => ({
    tenant: parseTenantId(tenant),
    principal: parsePrincipal(`${role}-1`),
    roles: [MARKS[role]],
    costCenter: 'CC-1',
    exp: NOW / 1000 + 900,
    models: [],
    budgets: [],
  });
  const answered = async (caller: CallerContext, request: Request): Promise<Answer> => {
    const response = await app.fetch(request, { caller, requestId: 'r-1' });
    return { status: response.status, body: await response.json() };
  };
  return {
    ...{ store, items, time, writer: createWriter({ items, clock: () => time.now, actor: 'setup' }) },
    ask: (role, path, tenant = 'acme') => answered(callerOf(role, tenant), new Request(`http://x/admin${path}`)),
    send: (role, method, path, body, headers = {}) =>
      answered(
        callerOf(role, 'acme'),
        new Request(`http://x/admin${path}`, {
          ...{ method, body: JSON.stringify(body) },
          headers: { 'content-type': 'application/json', ...headers },
        }),
      ),
  };
}
