import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { expect, vi } from 'vitest';
import type { Clock } from '../../../contract/log.ts';
import { createDynamo } from '../../../local/aws/dynamodb/service.ts';
import { AwsError } from '../../../local/aws/error.ts';
import { type Budgets, createBudgets } from '../../../metering/budgets/budgets.ts';
import { type Counters, createCounters } from '../../../metering/budgets/counters.ts';
import { tableDefinition } from '../../../registry/table.ts';

const TABLE = 'tollgate-counters';

/** What happens to a request before, or to its answer after, it has been served; throws or returns another status. */
export type Fault = (operation: string) => 'lost-request' | 'lost-answer' | 'throttled' | undefined;

/** The counters table over the local DynamoDB, its SDK client and no network between them. */
export interface CountersTable {
  counters: Counters;
  /** Every operation that reached the table, in order. */
  operations: string[];
  /** To be replaced: what goes wrong. */
  fault: Fault;
  close(): Promise<void>;
}

/** Budgets over the table, for what is not about prices or events. Calls are named in their order. */
export function budgetsOver({ counters }: CountersTable, clock: Clock): Budgets {
  let names = 0;
  return createBudgets({
    counters,
    prices: { prices: async () => new Map() },
    clock,
    write: () => {},
    newCall: () => `call-${++names}`,
    announce: async () => {},
    pause: async () => {},
  });
}

export async function openTable(): Promise<CountersTable> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-counters-'));
  const dynamo = await createDynamo({ folder: join(folder, 'table'), account: '111122223333', region: 'us-east-1' });
  const operations: string[] = [];

  const serve = async (request: HttpRequest): Promise<HttpResponse> => {
    const body = Buffer.from(new Uint8Array(request.body as Uint8Array));
    const asked = { method: 'POST', path: '/', query: '', headers: request.headers, body, region: 'us-east-1' };
    try {
      const plan = dynamo.service.plan(asked);
      const kind = table.fault(plan.operation);
      if (kind === 'lost-request') throw new Error('socket hang up');
      if (kind === 'throttled') throw new AwsError(400, 'ProvisionedThroughputExceededException', 'slow down');
      operations.push(plan.operation);
      const reply = await plan.serve(OPERATOR);
      if (kind === 'lost-answer') throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      return answer(reply as { status: number; body: string });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return answer(dynamo.service.fail(error) as { status: number; body: string });
    }
  };

  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: 'http://table',
    credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
    // Without a pause: what is tested is what a repetition does, not when it comes.
    retryStrategy: new ConfiguredRetryStrategy(3, 0),
    requestHandler: { handle: async (request: unknown) => ({ response: await serve(request as HttpRequest) }) },
  });
  const table: CountersTable = {
    // A busy machine is no fault of the table.
    counters: createCounters({ client, table: TABLE, timeoutMs: 60_000 }),
    operations,
    fault: () => undefined,
    async close() {
      client.destroy();
      await dynamo.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await client.send(new CreateTableCommand(tableDefinition(TABLE)));
  const active = async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));
    expect(Table?.TableStatus).toBe('ACTIVE');
  };
  await vi.waitFor(active, { timeout: 15_000 });
  operations.length = 0;
  return table;
}

function answer({ status, body }: { status: number; body: string }): HttpResponse {
  const headers = { 'content-type': 'application/x-amz-json-1.0' };
  return new HttpResponse({ statusCode: status, headers, body: new Blob([body]).stream() });
}

const OPERATOR = {
  arn: 'arn:aws:iam::111122223333:user/a-test',
  role: null,
  sessionName: null,
  sourceIdentity: null,
  tags: {},
  sessionPolicy: null,
} as const;
