import { request } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import type { CallRecord } from '../../local/aws/calls.ts';
import { BUCKET } from '../../local/aws/roles.ts';
import { RAW_PREFIX } from '../../metering/ledger/layout.ts';
import { createStore } from '../../metering/ledger/store.ts';
import type { Contender, Stack } from './contenders.ts';
import { CLIENT_OF, MODEL_ARN, type Point } from './points.ts';
import type { Running } from './process.ts';
import type { Kept, Seen } from './upstream.ts';

/** Milliseconds for a contender to write the last line of what it has answered. */
const SETTLE_MS = 10_000;

/** What a contender did in all its calls, as others saw it. */
export interface Proven {
  calls: number;
  /** Requests that the upstream had of it, each signed with a key of a session; and how many sessions there were. */
  signed: number;
  sessions: number;
  /** Of those, whose newest request the stand-ins checked: its signature, and its session's policy. */
  checked: number;
  started: number;
  finished: number;
}

/** Compares what a contender was asked with what the upstream, the stand-ins and its own lines say. */
export function createProof(upstream: Running): {
  /** Takes note of calls that were made as `point` says. @throws Error when they were not all signed and recorded */
  after(contender: Contender, point: Point, calls: number): Promise<void>;
  /** Has the newest request of each session checked. To be called within five minutes of it, the life of a signature. */
  check(point: Point): Promise<void>;
  proven(): Promise<Record<string, Proven>>;
} {
  let before: Seen = {};
  const found = new Map<Contender, { calls: number; signed: number; sessions: Set<string>; checked: Set<string> }>();
  const fresh = new Map<string, { contender: Contender; kept: Kept | null }>();
  const seen = async (): Promise<Seen> =>
    (await (await fetch(`http://127.0.0.1:${upstream.port}/_bench/seen`)).json()) as Seen;

  return {
    async after(contender, point, calls) {
      const now = await seen();
      const news = Object.entries(now)
        .map(([key, { requests, kept }]) => ({ key, kept, requests: requests - (before[key]?.requests ?? 0) }))
        .filter(({ requests }) => requests > 0);
      before = now;
      const total = news.reduce((sum, { requests }) => sum + requests, 0);
      if (total !== calls)
        throw new Error(`${contender.name}: ${calls} calls reached the upstream as ${total} (${point.name})`);
      if (contender.stack === undefined) return;
      const mine = found.get(contender) ?? { calls: 0, signed: 0, sessions: new Set(), checked: new Set() };
      found.set(contender, mine);
      mine.calls += calls;
      for (const { key, kept, requests } of news) {
        if (key === '') throw new Error(`${contender.name}: ${requests} calls were not signed (${point.name})`);
        mine.signed += requests;
        mine.sessions.add(key);
        fresh.set(key, { contender, kept });
      }
      await recorded(contender, mine.calls);
    },

    async check(point) {
      const tenant = CLIENT_OF[point.budgets].replace(/-app$/, '');
      for (const [key, { contender, kept }] of fresh) {
        if (contender.stack === undefined || kept === null) throw new Error(`no request signed with ${key} was kept`);
        await scoped(contender.stack, kept, tenant);
        found.get(contender)?.checked.add(key);
      }
      fresh.clear();
    },

    async proven() {
      const all: Record<string, Proven> = {};
      for (const [{ name, process, stack }, { calls, signed, sessions, checked }] of found) {
        const { started, finished } = process === stack?.process ? await delivered(stack) : process.lines;
        all[name] = { calls, signed, sessions: sessions.size, checked: checked.size, started, finished };
        if (started !== calls || finished !== calls)
          throw new Error(`${name}: ${calls} calls left ${started} started and ${finished} finished lines`);
      }
      return all;
    },
  };
}

/** Waits for the lines of a door's calls. The laptop's go to its bucket, which is read at the end. */
async function recorded({ name, process, stack }: Contender, calls: number): Promise<void> {
  if (process === stack?.process) return;
  const { lines } = process;
  const until = performance.now() + SETTLE_MS;
  while (lines.started < calls || lines.finished < calls) {
    if (performance.now() > until)
      throw new Error(`${name}: ${calls} calls left ${lines.started} started and ${lines.finished} finished lines`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (lines.ok !== calls) throw new Error(`${name}: ${lines.ok} of ${calls} calls were recorded as ok`);
}

/**
 * Sends a request that the upstream had, as it was signed, to the stand-in of Bedrock, which verifies the signature and
 * evaluates the session's policies; and reads from the list of calls whose session it was.
 *
 * @throws Error when the session's own policy is not for the one model alone, or the session is another tenant's
 */
async function scoped({ aws }: Stack, kept: Kept, tenant: string): Promise<void> {
  const { status, requestId } = await replay(aws, kept);
  if (status !== 200) throw new Error(`a kept request is answered ${status} by the stand-in of Bedrock`);
  const calls = (await (await fetch(`${aws}/_local/calls`)).json()) as CallRecord[];
  const record = calls.findLast((call) => call.requestId === requestId);
  const statements = [record?.caller?.sessionPolicy?.Statement ?? []].flat();
  const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
  const resources = allowed.flatMap(({ Resource }) => Resource ?? '*');
  if (resources.length === 0 || resources.some((resource) => resource !== MODEL_ARN))
    throw new Error(`a session is for ${resources.join(', ') || 'anything'}, not for ${MODEL_ARN}`);
  if (record?.caller?.tags.TenantId !== tenant)
    throw new Error(`a session of ${record?.caller?.tags.TenantId} was used for ${tenant}`);
}

/** Lines that the laptop delivered to its bucket. */
async function delivered({ aws }: Stack): Promise<{ started: number; finished: number }> {
  await fetch(`${aws}/_local/flush`, { method: 'POST' });
  const client = new S3Client({
    endpoint: aws,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' },
  });
  const store = createStore({ client, bucket: BUCKET });
  const count = { started: 0, finished: 0 };
  try {
    for await (const key of store.list(RAW_PREFIX))
      for await (const block of store.lines(key))
        for (const line of block.toString().split('\n'))
          if (line.includes('"phase":"started"')) count.started++;
          else if (line.includes('"phase":"finished"')) count.finished++;
  } finally {
    client.destroy();
  }
  return count;
}

function replay(aws: string, { path, headers, body }: Kept): Promise<{ status: number; requestId: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(aws);
    // The headers as they came, the host that was signed among them.
    const outgoing = request(
      { hostname, port, path, method: 'POST', headers, agent: false, setHost: false },
      (answer) => {
        answer.resume();
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 0, requestId: String(answer.headers['x-amzn-requestid']) }),
        );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(Buffer.from(body, 'base64'));
  });
}
