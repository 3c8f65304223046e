import {
  GetExecutionFlowSnapshotCommand,
  GetFlowExecutionCommand,
  InvokeFlowCommand,
  ListFlowExecutionEventsCommand,
  ListFlowExecutionsCommand,
  StartFlowExecutionCommand,
  StopFlowExecutionCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { describe, expect, test } from 'vitest';
import { finishedOf } from '../raw-usage.ts';
import { FLOW, INSIDE, raw, refusalOf, type Shared } from './shared.ts';

const flow = { flowIdentifier: 'chain', flowAliasIdentifier: '-' };
const input = (document: string) => [{ nodeName: 'Input', nodeOutputName: 'document', content: { document } }];
const start = (flowExecutionName: string | undefined, document = 'hello') =>
  new StartFlowExecutionCommand({ ...flow, ...(flowExecutionName && { flowExecutionName }), inputs: input(document) });
const of = (executionIdentifier: string) => ({ ...flow, executionIdentifier });

export function executions(shared: Shared): void {
  describe('an execution of a flow', () => {
    test('is started by a name, asked after by what the answer said of it, and read, without a word of the account', async () => {
      const { acme, stack, mark } = shared;
      const { executionArn = '' } = await acme.send(start('nightly'));
      expect(executionArn).toBe('nightly');
      const found = await acme.send(new GetFlowExecutionCommand(of(executionArn)));
      expect(found).toMatchObject({
        ...{ executionArn, status: 'Succeeded', flowIdentifier: 'FLOW123456', flowAliasIdentifier: 'ALIAS12345' },
        ...{ flowVersion: '1', startedAt: expect.any(Date), errors: [] },
      });
      const { flowExecutionEvents: events } = await acme.send(
        new ListFlowExecutionEventsCommand({ ...of(executionArn), eventType: 'Flow', maxResults: 10 }),
      );
      expect(events).toMatchObject([
        { flowInputEvent: { fields: [{ name: 'document', content: { document: 'hello' } }] } },
        { flowOutputEvent: { nodeName: 'Prompt' } },
      ]);
      expect(JSON.stringify([found, events])).not.toMatch(INSIDE);
      const sessions = (await stack.upstream(mark)).filter(({ operation }) => operation.includes('Execution'));
      const one = sessions.find(({ operation }) => operation === 'GetFlowExecution')?.resources.at(-1) ?? '';
      expect(one).toMatch(/\/alias\/ALIAS12345\/execution\/[0-9a-f]{32}$/);
      expect(sessions.map(({ operation, caller }) => [operation, caller?.sessionPolicy])).toEqual([
        [
          'StartFlowExecution',
          expect.objectContaining({
            Statement: [
              { Effect: 'Allow', Action: ['bedrock:InvokeFlow', 'bedrock:StartFlowExecution'], Resource: [FLOW] },
              { Effect: 'Allow', Action: ['bedrock:StartFlowExecution'], Resource: [FLOW.split('/alias/')[0]] },
            ],
          }),
        ],
        ...['GetFlowExecution', 'ListFlowExecutionEvents'].map((operation) => [
          operation,
          expect.objectContaining({
            Statement: [expect.objectContaining({ Resource: [FLOW.split('/alias/')[0], FLOW, one] })],
          }),
        ]),
      ]);
    });

    test('without a name has one that the answer says; it goes on until it is stopped', async () => {
      const { executionArn = '' } = await shared.acme.send(start(undefined, '[[wait]]'));
      expect(executionArn).toMatch(/^[0-9A-Za-z-]{1,36}$/);
      expect(await shared.acme.send(new GetFlowExecutionCommand(of(executionArn)))).toMatchObject({
        status: 'Running',
      });
      const stopped = await shared.acme.send(new StopFlowExecutionCommand(of(executionArn)));
      expect(stopped).toMatchObject({ status: 'Aborted', executionArn });
    });

    test('that fails says so in harmless words', async () => {
      await shared.acme.send(start('fails', '[[fail]]'));
      const found = await shared.acme.send(new GetFlowExecutionCommand(of('fails')));
      expect(found).toMatchObject({ status: 'Failed', errors: [{ nodeName: 'Prompt' }] });
      const asked = new ListFlowExecutionEventsCommand({ ...of('fails'), eventType: 'Flow' });
      const { flowExecutionEvents: events } = await shared.acme.send(asked);
      expect(events).toMatchObject([{}, { flowFailureEvent: { errorCode: 'INTERNAL_SERVER' } }]);
      expect(JSON.stringify([found, events])).not.toMatch(INSIDE);
    });

    test('is its tenant’s own: by the same name another tenant has another, or none', async () => {
      const { acme, globex } = shared;
      await acme.send(start('shared-name', '[[wait]]'));
      const none = await refusalOf(globex.send(new GetFlowExecutionCommand(of('shared-name'))));
      expect(none).toMatchObject({ status: 404 });
      expect(await refusalOf(acme.send(new GetFlowExecutionCommand(of('never-started'))))).toEqual(none);
      expect(await refusalOf(acme.send(start('shared-name')))).toMatchObject({
        status: 409,
        name: 'ConflictException',
      });
      await globex.send(start('shared-name'));
      expect(await globex.send(new GetFlowExecutionCommand(of('shared-name')))).toMatchObject({ status: 'Succeeded' });
      expect(await acme.send(new GetFlowExecutionCommand(of('shared-name')))).toMatchObject({ status: 'Running' });
    });

    test('of acme is not reached by what Bedrock calls it', async () => {
      const { acme, globex, stack, mark } = shared;
      await acme.send(start('secret'));
      await acme.send(new GetFlowExecutionCommand(of('secret')));
      const asked = (await stack.upstream(mark)).find(({ operation }) => operation === 'GetFlowExecution');
      const arn = asked?.resources.at(-1) ?? '';
      const hash = arn.slice(arn.lastIndexOf('/') + 1);
      expect(hash).toMatch(/^[0-9a-f]{32}$/);
      expect(await refusalOf(globex.send(new GetFlowExecutionCommand(of(hash))))).toMatchObject({ status: 404 });
      expect(await refusalOf(globex.send(new GetFlowExecutionCommand(of(arn))))).toMatchObject({ status: 400 });
    });

    test('is one call on the record; asking after it is none', async () => {
      await shared.acme.send(start('counted'));
      await shared.acme.send(new GetFlowExecutionCommand(of('counted')));
      const records = async () =>
        finishedOf(await shared.raw.records()).filter(
          ({ model, outcome }) => model === 'chain' && outcome === 'counted',
        );
      await expect.poll(async () => (await records()).length, { timeout: 10_000 }).toBeGreaterThan(0);
      for (const { tokens } of await records()) expect(tokens.calls ?? 0).toBe(0);
    });

    test.each([
      ['what its nodes did', new ListFlowExecutionEventsCommand({ ...of('nightly'), eventType: 'Node' }), 400],
      ['the flow as it was', new GetExecutionFlowSnapshotCommand(of('nightly')), 400],
      ['a list of those of all tenants', new ListFlowExecutionsCommand({ flowIdentifier: 'chain' }), 404],
      ['a name that is none', new GetFlowExecutionCommand(of('a'.repeat(37))), 400],
      ['one with a path in it', new GetFlowExecutionCommand(of('../x')), 400],
      ['one of another flow', new GetFlowExecutionCommand({ ...of('nightly'), flowIdentifier: 'of-globex' }), 403],
      ['one of no flow', new GetFlowExecutionCommand({ ...of('nightly'), flowIdentifier: 'none' }), 403],
    ])('refused: %s', async (_, command, status) => {
      const refusal = await refusalOf(shared.acme.send(command as GetFlowExecutionCommand));
      expect(refusal).toMatchObject({ status });
      expect(JSON.stringify(refusal)).not.toMatch(INSIDE);
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });

    test('a list is refused with what to do instead', async () => {
      const { text } = await raw(shared, 'GET', '/flows/chain/executions');
      expect(text).toContain('GET /flows/{id}/aliases/{alias}/executions/{name}');
    });
  });

  test('a run of a flow that is gone on with by its name knows what came before, and is no other tenant’s', async () => {
    const run = async (client: Shared['acme'], document: string): Promise<string> => {
      const asked = new InvokeFlowCommand({ ...flow, executionId: 'talk', inputs: input(document) });
      const { executionId, responseStream } = await client.send(asked);
      expect(executionId).toBe('talk');
      let said = '';
      for await (const { flowOutputEvent } of responseStream ?? []) said += flowOutputEvent?.content?.document ?? '';
      return said;
    };
    expect(await run(shared.acme, 'the code is 42')).toBe('echo: the code is 42');
    expect(await run(shared.acme, '[[recall]]')).toContain('the code is 42');
    expect(await run(shared.globex, '[[recall]]')).toBe('recall: ');
  });
}
