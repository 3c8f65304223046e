import {
  BedrockAgentRuntimeClient,
  InvokeAgentCommand,
  InvokeFlowCommand,
  RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { grantModels, operatorOf, type Wanted } from './granted.ts';
import { finishedOf, RawUsage } from './raw-usage.ts';
import { inlineAgents, memories, sessions } from './resources/agents.ts';
import { answers, USED } from './resources/answers.ts';
import { executions } from './resources/executions.ts';
import { lists } from './resources/lists.ts';
import { AGENT, BASE, FLOW, region, type Shared, say } from './resources/shared.ts';
import { tokensOfAgents } from './resources/tokens.ts';
import { Stack } from './stack.ts';

/** What is no model, by the AWS SDK's own client with a tenant's token. */

const KB = `${BASE}knowledge-base/KB12345678`;
const nova = `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;
const inline = (id: string, agentName: string, arn = nova, tenant = 'acme'): Wanted => ({
  ...{ id, tenant, target: { kind: 'bedrock-inline-agent', agentName, region, arn, modelArns: [arn] } },
});
const micro = nova.replace('lite', 'micro');

const GRANTED: Wanted[] = [
  ...USED,
  { id: 'handbook', target: { kind: 'bedrock-knowledge-base', region, arn: KB } },
  { id: 'gone', target: { kind: 'bedrock-knowledge-base', region, arn: `${BASE}knowledge-base/GONE345678` } },
  { id: 'helper', target: { kind: 'bedrock-agent', region, arn: AGENT } },
  { id: 'helper', tenant: 'globex', target: { kind: 'bedrock-agent', region, arn: AGENT } },
  { id: 'chain', target: { kind: 'bedrock-flow', region, arn: FLOW } },
  { id: 'chain', tenant: 'globex', target: { kind: 'bedrock-flow', region, arn: FLOW } },
  { id: 'theirs', tenant: 'globex', target: { kind: 'bedrock-agent', region, arn: AGENT.replace('12345/', '99999/') } },
  { id: 'filter', target: { kind: 'bedrock-guardrail', region, arn: `${BASE}guardrail/demo`, version: '1' } },
  inline('weather', 'acme-weather'),
  inline('weather', 'acme-weather', nova, 'globex'),
  inline('acme-only', 'acme-only'),
  inline('theirs-inline', 'theirs', nova, 'globex'),
  inline('capped-agent', 'capped', micro),
  { id: 'capped', target: { kind: 'bedrock-model', modelId: 'amazon.nova-micro-v1:0', region, arn: micro } },
  { id: 'of-globex', tenant: 'globex', target: { kind: 'bedrock-flow', region, arn: `${FLOW.slice(0, -1)}6` } },
];

let stack: Stack;
let raw: RawUsage;
let mark: number;
const clients: BedrockAgentRuntimeClient[] = [];
let acme: BedrockAgentRuntimeClient;
let globex: BedrockAgentRuntimeClient;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  raw = new RawUsage(stack);
  await grantModels(stack, GRANTED);
  const operator = operatorOf(stack);
  await operator.grant('acme', 'capped', undefined, { restrictions: { maxTokens: 10 } });
  for (const id of ['helper', 'weather']) await operator.grant('globex', id, undefined, { trace: true });
  const budget = { per: 'model', period: 'month', unit: 'tokens', enforcement: 'hard' } as const;
  await operator.setBudget('globex', { ...budget, id: 'agents', only: 'theirs', limit: '9000' });
  await operator.setBudget('globex', { ...budget, id: 'inline', only: 'theirs-inline', limit: '8000' });
  operator.close();
  [acme, globex] = [clientOf('acme-app'), clientOf('globex-app')];
});
beforeEach(async () => {
  mark = await stack.mark();
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  raw.close();
  await stack.remove();
});

function clientOf(as: string): BedrockAgentRuntimeClient {
  const client = new BedrockAgentRuntimeClient({
    endpoint: stack.gateway,
    region,
    maxAttempts: 1,
    // This client knows no tokens: what it is given in place of a signature is one.
    credentials: { accessKeyId: '-', secretAccessKey: '-' },
    signer: {
      async sign(request) {
        const headers = { ...request.headers, authorization: `Bearer ${await stack.token(as)}` };
        return { ...request, headers };
      },
    },
  });
  clients.push(client);
  return client;
}

const query = (knowledgeBaseId: string, more: object = {}) =>
  new RetrieveCommand({ knowledgeBaseId, retrievalQuery: { text: 'holidays' }, ...more });

describe('what is no model', () => {
  test.each(['KB12345678', 'handbook', KB])('a knowledge base is asked for passages as %s', async (id) => {
    const vectorSearchConfiguration = { numberOfResults: 2, overrideSearchType: 'HYBRID' as const };
    const answer = await acme.send(query(id, { retrievalConfiguration: { vectorSearchConfiguration } }));
    expect(answer.retrievalResults?.map(({ content }) => content?.text)).toEqual([
      'passage 1: holidays',
      'passage 2: holidays',
    ]);
    const call = (await stack.upstream(mark)).find(({ operation }) => operation === 'Retrieve');
    expect(call).toMatchObject({ decision: 'allowed' });
    expect(call?.caller?.sessionPolicy).toMatchObject({
      Statement: [{ Effect: 'Allow', Action: ['bedrock:Retrieve'], Resource: [KB] }],
    });
  });

  test('a session with an agent goes on, and is no other tenant’s by the same name', async () => {
    expect(await say(acme, 'monday', 'the code is 42')).toBe('echo: the code is 42');
    expect(await say(acme, 'monday', '[[recall]]')).toBe('recall: the code is 42');
    expect(await say(globex, 'monday', '[[recall]]')).toBe('recall: ');
    expect(await say(acme, 'tuesday', '[[recall]]')).toBe('recall: ');
  });

  test('a flow is run by its alias', async () => {
    const answer = await acme.send(
      new InvokeFlowCommand({
        flowIdentifier: 'FLOW123456',
        flowAliasIdentifier: 'ALIAS12345',
        inputs: [{ nodeName: 'Input', nodeOutputName: 'document', content: { document: 'hello' } }],
      }),
    );
    const events = [];
    for await (const event of answer.responseStream ?? []) events.push(event);
    expect(events).toMatchObject([
      { flowOutputEvent: { content: { document: 'echo: hello' } } },
      { flowCompletionEvent: { completionReason: 'SUCCESS' } },
    ]);
  });

  test('each is on the record as one call, without a token', async () => {
    await acme.send(query('handbook'));
    const records = async () =>
      finishedOf(await raw.records()).filter(({ model, tenant }) => model === 'handbook' && tenant === 'acme');
    await expect.poll(async () => (await records()).length, { timeout: 10_000 }).toBeGreaterThan(0);
    for (const record of await records())
      expect(record).toMatchObject({
        outcome: 'ok',
        estimated: false,
        tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, calls: 1 },
      });
  });
});

describe('what is refused', () => {
  const refusal = (client: BedrockAgentRuntimeClient, id: string, more?: object) =>
    client.send(query(id, more)).then(
      () => 'answered',
      ({ name, message, $metadata }) => ({ name, message, status: $metadata?.httpStatusCode }),
    );

  test('another tenant’s, and what is not there, are one answer, of which AWS hears nothing', async () => {
    const other = await refusal(globex, 'KB12345678');
    expect(other).toMatchObject({ name: 'AccessDeniedException', status: 403 });
    expect(await refusal(globex, 'KB99999999')).toEqual(other);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test.each([
    ['a model', 'nova-lite', {}],
    ['a guardrail', 'handbook', { guardrailConfiguration: { guardrailId: 'demo', guardrailVersion: '1' } }],
  ])('%s under the grant of a knowledge base', async (_, id, more) => {
    expect(await refusal(acme, id, more)).toMatchObject({ name: 'ValidationException', status: 400 });
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('a trace, which shows prompts and roles of the account', async () => {
    const traced = { agentId: 'helper', agentAliasId: '-', sessionId: 'one', inputText: 'x', enableTrace: true };
    await expect(acme.send(new InvokeAgentCommand(traced))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('what Bedrock itself has not is told in its own form', async () => {
    expect(await refusal(acme, 'gone')).toMatchObject({ name: 'InternalServerException', status: 502 });
  });

  test('a flow of another tenant', async () => {
    const asked = { flowIdentifier: 'of-globex', flowAliasIdentifier: '-', inputs: [] };
    await expect(acme.send(new InvokeFlowCommand(asked))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

const shared: Shared = {
  get stack() {
    return stack;
  },
  get raw() {
    return raw;
  },
  get mark() {
    return mark;
  },
  get acme() {
    return acme;
  },
  get globex() {
    return globex;
  },
};
lists(shared);
answers(shared);
sessions(shared);
memories(shared);
inlineAgents(shared);
tokensOfAgents(shared);
executions(shared);
