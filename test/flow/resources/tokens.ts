import { InvokeAgentCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { counterPartition } from '../../../metering/budgets/counter-names.ts';
import { createCounters } from '../../../metering/budgets/counters.ts';
import { countedIn } from '../../../metering/budgets/quota.ts';
import { finishedOf } from '../raw-usage.ts';
import { alias, inline } from './agents.ts';
import { region, type Shared } from './shared.ts';

/** What an agent's models used is told in its trace alone, whether or not its caller is shown one. */
export function tokensOfAgents(shared: Shared): void {
  const named = { ...alias, sessionId: 'counted', inputText: 'hello' };
  const agent = (more: object = {}) => new InvokeAgentCommand({ ...named, ...more });
  const credentials = { accessKeyId: 'a-test', secretAccessKey: 'a-test' };
  type Events = AsyncIterable<object> | undefined;
  const eventsOf = async (completion: Events) => {
    const types = [];
    for await (const event of completion ?? []) types.push(...Object.keys(event));
    return types;
  };

  describe('the tokens of an agent’s models', () => {
    test.each([
      ['an agent', 'acme', agent(), ['chunk']],
      ['an agent whose caller wants no trace', 'acme', agent({ enableTrace: false }), ['chunk']],
      ['an agent whose caller may see traces, and wants none', 'globex', agent(), ['chunk']],
      ['an agent whose caller sees its trace', 'globex', agent({ enableTrace: true }), ['trace', 'chunk']],
      ['an inline agent', 'acme', inline(), ['chunk']],
      ['an inline agent whose caller wants no trace', 'globex', inline({ enableTrace: false }), ['chunk']],
      ['an inline agent whose caller sees its trace', 'globex', inline({ enableTrace: true }), ['trace', 'chunk']],
    ] as const)('are on the record of %s (%s)', async (_, tenant, command, events) => {
      const { $metadata, completion } = await shared[tenant].send(command as InvokeAgentCommand);
      expect(await eventsOf(completion)).toEqual(events);
      const record = async () =>
        finishedOf(await shared.raw.records()).find(({ requestId }) => requestId === $metadata.requestId);
      await expect.poll(record, { timeout: 10_000 }).toMatchObject({
        ...{ tenant, outcome: 'ok', estimated: false },
        tokens: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, calls: 1 },
      });
    });

    test('are asked for by the gateway, which says so to who did not', async () => {
      const ask = async (as: string, more: object) => {
        const answer = await fetch(`${shared.stack.gateway}/agents/helper/agentAliases/-/sessions/counted/text`, {
          method: 'POST',
          headers: { authorization: `Bearer ${await shared.stack.token(as)}`, 'content-type': 'application/json' },
          body: JSON.stringify({ inputText: 'hello', ...more }),
        });
        expect(answer.status).toBe(200);
        return { told: answer.headers.get('x-tollgate-agent-trace'), traced: (await answer.text()).includes('trace') };
      };
      expect(await ask('acme-app', {})).toEqual({ told: 'enabled; by=gateway', traced: false });
      expect(await ask('globex-app', { enableTrace: 'yes' })).toEqual({ told: 'enabled; by=gateway', traced: false });
      expect(await ask('globex-app', { enableTrace: true })).toEqual({ told: null, traced: true });
    });

    test('are reserved from a budget in tokens, and counted by it', async () => {
      const theirs = { foundationModel: 'nova-lite', agentName: 'theirs-inline' };
      // What is reserved is more than the budget of this one has, and less than that of the other.
      await expect(shared.globex.send(inline(theirs))).rejects.toMatchObject({
        name: 'ServiceQuotaExceededException',
      });
      expect(await eventsOf((await shared.globex.send(agent({ agentId: 'theirs' }))).completion)).toEqual(['chunk']);
      const client = new DynamoDBClient({ endpoint: shared.stack.aws, region, credentials });
      const counted = async () =>
        (await createCounters({ client, table: 'tollgate-counters' }).partition(counterPartition('globex')))
          .flatMap(({ counts }) => countedIn(counts))
          .filter(({ name }) => name.budget === 'agents')
          .map(({ total, reserved }) => ({ total, reserved }));
      await expect.poll(counted, { timeout: 20_000 }).toEqual([{ total: 3n, reserved: 0n }]);
      client.destroy();
    });
  });
}
