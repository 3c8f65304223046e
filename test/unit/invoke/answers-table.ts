import type { AskTable } from '../../../aws/table.ts';

type Wire = Record<string, { S?: string; N?: string; B?: string }>;

/** As much of DynamoDB as the answers ask. `failures`: those that are still to come. */
export function answersTable(): {
  ask: AskTable;
  items: Map<string, Wire>;
  fail: (times: number) => void;
  failures: () => number;
} {
  const items = new Map<string, Wire>();
  let failures = 0;
  const nameOf = ({ pk, sk }: Wire): string => `${pk?.S} ${sk?.S}`;

  const run = (operation: string, input: Record<string, unknown>): Record<string, unknown> => {
    switch (operation) {
      case 'GetItem':
        return { Item: items.get(nameOf(input.Key as Wire)) };
      case 'PutItem':
        items.set(nameOf(input.Item as Wire), input.Item as Wire);
        return {};
      case 'DeleteItem':
        items.delete(nameOf(input.Key as Wire));
        return {};
      case 'UpdateItem':
        return update(input);
      default:
        return query(input);
    }
  };

  const update = (input: Record<string, unknown>): Record<string, unknown> => {
    const values = input.ExpressionAttributeValues as Wire;
    const pairs = (text: unknown, between: string) =>
      String(text)
        .split(between)
        .map((pair) => /^#(\w+) = (:\w+)$/.exec(pair.trim()) ?? [])
        .map(([, name = '', value = '']) => [name, values[value]] as const);
    const item = items.get(nameOf(input.Key as Wire)) ?? {};
    for (const [name, value] of pairs(input.ConditionExpression, ' AND '))
      if (JSON.stringify(item[name]) !== JSON.stringify(value))
        throw Object.assign(new Error('condition'), { name: 'ConditionalCheckFailedException' });
    const set = pairs(String(input.UpdateExpression).replace('SET ', ''), ',');
    items.set(nameOf(input.Key as Wire), { ...item, ...(Object.fromEntries(set) as Wire) });
    return {};
  };

  /** Two items a page, so that more than one is read. */
  const query = (input: Record<string, unknown>): Record<string, unknown> => {
    const { ':pk': pk, ':after': after, ':before': before } = input.ExpressionAttributeValues as Wire;
    const start = (input.ExclusiveStartKey as Wire | undefined)?.sk?.S ?? '';
    const found = [...items.values()]
      .filter((item) => item.pk?.S === pk?.S)
      .filter(
        ({ sk }) => after === undefined || ((sk?.S ?? '') >= (after.S ?? '') && (sk?.S ?? '') <= (before?.S ?? '')),
      )
      .filter(({ sk }) => (sk?.S ?? '') > start)
      .sort((a, b) => ((a.sk?.S ?? '') < (b.sk?.S ?? '') ? -1 : 1));
    const page = found.slice(0, 2);
    return { Items: page, ...(found.length > 2 ? { LastEvaluatedKey: page.at(-1) } : {}) };
  };

  return {
    items,
    fail(times) {
      failures = times;
    },
    failures: () => failures,
    async ask(operation, input) {
      if (failures > 0 && failures-- > 0) throw new Error('ProvisionedThroughputExceededException');
      return run(operation, input as Record<string, unknown>);
    },
  };
}
