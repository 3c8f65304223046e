import type { AskTable } from '../../aws/table.ts';
import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { COUNTERS_TIMEOUT_MS } from '../../contract/limits/budgets.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import { within } from '../../registry/within.ts';

/** Items of the table of answers: texts, numbers, and bytes. */

export interface RowKey {
  pk: string;
  sk: string;
}

export type Value = string | number | Uint8Array;
export type Row = RowKey & { [name: string]: Value };

/** Each throws TollgateError `unavailable` when the table does not answer. */
export interface Rows {
  get(key: RowKey): Promise<Row | undefined>;
  put(row: Row): Promise<void>;
  /** @param only what it must have now @returns whether it had */
  change(key: RowKey, to: Record<string, Value>, only: Record<string, Value>): Promise<boolean>;
  /** Those whose `sk` is greater than `after` and less than `before`, in its order, page by page. */
  between(pk: string, after: string, before: string): AsyncIterable<Row[]>;
  keys(pk: string): Promise<RowKey[]>;
  remove(key: RowKey): Promise<void>;
}

/** As DynamoDB's JSON has them; bytes are base64 there. */
type Wire = Record<string, { S?: string; N?: string; B?: string }>;

export function createRows({ ask, table: TableName }: { ask: AskTable; table: string }): Rows {
  type Operation = Parameters<AskTable>[0];
  const asked = async (operation: Operation, input: object): Promise<Record<string, unknown>> => {
    try {
      return await within(COUNTERS_TIMEOUT_MS, 'answers-timeout', (abortSignal) =>
        ask(operation, { TableName, ...input }, { abortSignal }),
      );
    } catch (cause) {
      if (isTollgateError(cause) || isFailedCondition(cause)) throw cause;
      throw new TollgateError('unavailable', {
        reason: 'answers-failed',
        detail: { cause: (cause as Error).name },
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        cause,
      });
    }
  };

  async function* query(input: object): AsyncIterable<Row[]> {
    let ExclusiveStartKey: unknown;
    do {
      const page = await asked('Query', {
        ...input,
        ConsistentRead: true,
        ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
      });
      yield ((page.Items ?? []) as Wire[]).map(rowOf);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }

  return {
    async get(key) {
      const { Item } = await asked('GetItem', { Key: wireOf(key), ConsistentRead: true });
      return Item === undefined ? undefined : rowOf(Item as Wire);
    },

    async put(row) {
      await asked('PutItem', { Item: wireOf(row) });
    },

    async change(key, to, only) {
      const names = [...new Set([...Object.keys(to), ...Object.keys(only)])];
      const each = (values: Record<string, Value>, by: string) =>
        Object.keys(values).map((name) => `#${name} = :${by}${name}`);
      const valued = (values: Record<string, Value>, by: string) =>
        Object.fromEntries(Object.entries(wireOf(values)).map(([name, value]) => [`:${by}${name}`, value]));
      try {
        await asked('UpdateItem', {
          Key: wireOf(key),
          UpdateExpression: `SET ${each(to, 'to').join(', ')}`,
          ConditionExpression: each(only, 'is').join(' AND '),
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: { ...valued(to, 'to'), ...valued(only, 'is') },
        });
        return true;
      } catch (error) {
        if (isFailedCondition(error)) return false;
        throw error;
      }
    },

    between: (pk, after, before) =>
      query({
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :before',
        // BETWEEN takes in its ends: no name ends in either of these characters.
        ExpressionAttributeValues: wireOf({ ':pk': pk, ':after': `${after}$`, ':before': `${before}$` }),
      }),

    async keys(pk) {
      const found: RowKey[] = [];
      const input = {
        KeyConditionExpression: 'pk = :pk',
        ProjectionExpression: 'pk, sk',
        ExpressionAttributeValues: wireOf({ ':pk': pk }),
      };
      for await (const page of query(input)) found.push(...page.map(({ pk, sk }) => ({ pk, sk })));
      return found;
    },

    async remove({ pk, sk }) {
      await asked('DeleteItem', { Key: wireOf({ pk, sk }) });
    },
  };
}

function isFailedCondition(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}

function wireOf(values: object): Wire {
  return Object.fromEntries(
    Object.entries(values as Record<string, Value>).map(([name, value]) => {
      if (typeof value === 'string') return [name, { S: value }];
      return [name, typeof value === 'number' ? { N: String(value) } : { B: Buffer.from(value).toString('base64') }];
    }),
  );
}

function rowOf(wire: Wire): Row {
  return Object.fromEntries(
    Object.entries(wire).map(([name, { S, N, B }]) => [
      name,
      B !== undefined ? Buffer.from(B, 'base64') : N !== undefined ? Number(N) : (S ?? ''),
    ]),
  ) as Row;
}
