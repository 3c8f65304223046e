import {
  type BedrockAgentRuntimeClient,
  RerankCommand,
  RetrieveAndGenerateCommand,
  RetrieveAndGenerateStreamCommand,
  RetrieveCommand,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { describe, expect, test } from 'vitest';
import { ofBedrock, type Wanted } from '../granted.ts';
import { finishedOf } from '../raw-usage.ts';
import { BASE, region, type Shared } from './shared.ts';

const KB = `${BASE}knowledge-base/KB12345678`;
const NOVA = `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;
const RANKER = 'cohere.rerank-v3-5:0';
const both = (tenant: string): Wanted => ({
  ...{
    id: 'both',
    tenant,
    target: { kind: 'bedrock-knowledge-base', region, arn: `${BASE}knowledge-base/KBOFBOTH12` },
  },
});

/** What these use beside what all do. */
export const USED: Wanted[] = [
  both('acme'),
  both('globex'),
  {
    id: 'elsewhere',
    target: {
      kind: 'bedrock-knowledge-base',
      region: 'us-west-2',
      arn: 'arn:aws:bedrock:us-west-2:111122223333:knowledge-base/KBWEST5678',
    },
  },
  ofBedrock(['ranker', RANKER]),
];

/** A question to a knowledge base that a model is to answer. */
const question = (text: string, modelArn: string, more: { base?: string; own?: object; top?: object } = {}) => ({
  input: { text },
  ...more.top,
  retrieveAndGenerateConfiguration: {
    type: 'KNOWLEDGE_BASE' as const,
    knowledgeBaseConfiguration: { knowledgeBaseId: more.base ?? 'handbook', modelArn, ...more.own },
  },
});

const ask = (client: BedrockAgentRuntimeClient, ...asked: Parameters<typeof question>) =>
  client.send(new RetrieveAndGenerateCommand(question(...asked)));

const rankedBy = (modelArn: string) => ({
  vectorSearchConfiguration: {
    overrideSearchType: 'HYBRID' as const,
    rerankingConfiguration: {
      type: 'BEDROCK_RERANKING_MODEL' as const,
      bedrockRerankingConfiguration: { modelConfiguration: { modelArn } },
    },
  },
});

const may = (action: string, arn: string) => ({ Effect: 'Allow', Action: [action], Resource: [arn] });
/** What takes no resource is bound to where it is asked. */
const any = (action: string) => ({
  ...may(action, '*'),
  Condition: { StringEquals: { 'aws:RequestedRegion': region } },
});
const RERANK = any('bedrock:Rerank');
const RETRIEVE = may('bedrock:Retrieve', KB);
const GENERATE = any('bedrock:RetrieveAndGenerate');
const RANKER_ARN = `arn:aws:bedrock:us-east-1::foundation-model/${RANKER}`;

export function answers(shared: Shared): void {
  const query = (knowledgeBaseId: string, more: object) =>
    new RetrieveCommand({ knowledgeBaseId, retrievalQuery: { text: 'holidays' }, ...more });

  /** What the session of the last such call may do, as the stand-in of AWS was shown it. */
  async function allowedTo(operation: string) {
    const call = (await shared.stack.upstream(shared.mark)).findLast((one) => one.operation === operation);
    expect(call).toMatchObject({ decision: 'allowed' });
    const { Statement } = Object(call?.caller?.sessionPolicy) as { Statement: object[] };
    return Statement;
  }

  describe('an answer from a knowledge base, by a model', () => {
    test.each([
      ['handbook', 'nova-lite'],
      ['KB12345678', 'amazon.nova-lite-v1:0'],
      [KB, NOVA],
    ])('of %s by %s: the session is for these two and nothing else', async (base, model) => {
      const answer = await ask(shared.acme, 'holidays', model, { base });
      expect(answer.output?.text).toBe('echo: holidays');
      expect(await allowedTo('RetrieveAndGenerate')).toEqual([RETRIEVE, GENERATE, may('bedrock:InvokeModel', NOVA)]);
    });

    test('streamed, and by a profile, whose regions are its own', async () => {
      const { stream, sessionId } = await shared.acme.send(
        new RetrieveAndGenerateStreamCommand(question('how many holidays', 'claude-sonnet-4-5')),
      );
      let text = '';
      for await (const { output } of stream ?? []) text += output?.text ?? '';
      expect(text).toBe('echo: how many holidays');
      expect((await ask(shared.acme, '[[recall]]', 'nova-lite', { top: { sessionId } })).output?.text).toBe(
        'recall: how many holidays',
      );
      const statements = await allowedTo('RetrieveAndGenerateStream');
      const sonnet = expect.stringContaining('inference-profile/us.anthropic.claude-sonnet-4-5');
      const calls = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
      expect(statements).toMatchObject([
        RETRIEVE,
        GENERATE,
        { Action: calls, Resource: [sonnet] },
        { Action: ['bedrock:GetInferenceProfile'], Resource: [sonnet] },
        { Action: calls, Condition: { StringEquals: { 'bedrock:InferenceProfileArn': sonnet } } },
      ]);
    });

    test('a session goes on for the tenant that it was told to, and for no other', async () => {
      const base = 'both';
      const { sessionId } = await ask(shared.acme, 'the code is 42', 'nova-lite', { base });
      const again = await ask(shared.acme, '[[recall]]', 'nova-lite', { base, top: { sessionId } });
      expect(again).toMatchObject({ sessionId, output: { text: 'recall: the code is 42' } });
      const refusal = async (client: BedrockAgentRuntimeClient, id: string | undefined) =>
        ask(client, '[[recall]]', 'nova-lite', { base, top: { sessionId: id } }).then(
          ({ output }) => output?.text,
          ({ name, message }) => ({ name, message }),
        );
      const begun = await shared.stack.mark();
      const none = await refusal(shared.globex, 'no-such-session.AAAAAAAAAAAAAAAAAAAAAA');
      expect(none).toMatchObject({ name: 'ValidationException' });
      expect(await refusal(shared.globex, sessionId)).toEqual(none);
      // Bedrock's own id, which whoever reads the account's logs may know.
      expect(await refusal(shared.globex, sessionId?.split('.')[0])).toEqual(none);
      expect(await shared.stack.upstream(begun)).toEqual([]);
    });

    test('passages may be put in order by a model that was granted, too', async () => {
      await ask(shared.acme, 'holidays', 'nova-lite', { own: { retrievalConfiguration: rankedBy('ranker') } });
      const ranking = [may('bedrock:InvokeModel', RANKER_ARN), RERANK];
      const answering = may('bedrock:InvokeModel', NOVA);
      expect(await allowedTo('RetrieveAndGenerate')).toEqual([RETRIEVE, GENERATE, answering, ...ranking]);
      await shared.acme.send(query('handbook', { retrievalConfiguration: rankedBy(RANKER_ARN) }));
      expect(await allowedTo('Retrieve')).toEqual([RETRIEVE, ...ranking]);
    });

    test('it is on the record of the knowledge base, as one call of which nobody tells what the model used', async () => {
      const { $metadata } = await ask(shared.acme, 'holidays', 'nova-lite');
      const records = async () => finishedOf(await shared.raw.records()).filter(({ action }) => action === 'generate');
      await expect.poll(async () => (await records()).length, { timeout: 10_000 }).toBeGreaterThan(0);
      expect((await records()).filter(({ outcome }) => outcome === 'ok')[0], $metadata.requestId).toMatchObject({
        model: 'handbook',
        estimated: true,
        tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, calls: 1 },
      });
    });

    test.each([
      ['a model that was not granted', ['x', 'llama-3-3-70b'], 'AccessDeniedException'],
      ['a model that is not there', ['x', 'no-such-model'], 'AccessDeniedException'],
      ['a knowledge base that is not there', ['x', 'nova-lite', { base: 'KB99999999' }], 'AccessDeniedException'],
      ['a model that does not answer', ['x', 'titan-embed-v2'], 'ValidationException'],
      ['a model of another region', ['x', 'nova-lite', { base: 'elsewhere' }], 'ValidationException'],
      ['a model as a knowledge base', ['x', 'nova-lite', { base: 'nova-lite' }], 'ValidationException'],
      ['a knowledge base as the model', ['x', 'handbook'], 'ValidationException'],
      ['a key', ['x', 'nova-lite', { top: { sessionConfiguration: { kmsKeyArn: 'arn' } } }], 'ValidationException'],
      [
        'a guardrail that the model’s grant does not name',
        [
          'x',
          'nova-lite',
          {
            own: {
              generationConfiguration: { guardrailConfiguration: { guardrailId: 'demo', guardrailVersion: '1' } },
            },
          },
        ],
        'ValidationException',
      ],
      [
        'an order by a model that was not granted',
        ['x', 'nova-lite', { own: { retrievalConfiguration: rankedBy('amazon.rerank-v1:0') } }],
        'AccessDeniedException',
      ],
      [
        'an order by a model that orders nothing',
        ['x', 'nova-lite', { own: { retrievalConfiguration: rankedBy('nova-lite') } }],
        'ValidationException',
      ],
    ] as [string, Parameters<typeof question>, string][])('not with %s', async (_, asked, name) => {
      await expect(ask(shared.acme, ...asked)).rejects.toMatchObject({ name });
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });

    test('what is no knowledge base is named where it stands', async () => {
      const refused = ask(shared.acme, 'x', 'nova-lite', { base: 'nova-lite' });
      await expect(refused).rejects.toThrow(
        'retrieveAndGenerateConfiguration.knowledgeBaseConfiguration.knowledgeBaseId',
      );
    });

    test('documents that the call itself names are refused by name', async () => {
      const asked = new RetrieveAndGenerateCommand({
        input: { text: 'x' },
        retrieveAndGenerateConfiguration: {
          type: 'EXTERNAL_SOURCES',
          externalSourcesConfiguration: {
            modelArn: 'nova-lite',
            sources: [{ sourceType: 'S3', s3Location: { uri: 's3://other/secret.txt' } }],
          },
        },
      });
      await expect(shared.acme.send(asked)).rejects.toThrow(/converse/);
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });
  });

  describe('documents in order', () => {
    const order = (modelArn: string, documents: string[], more: { nextToken?: string | undefined } = {}) =>
      new RerankCommand({
        ...more,
        queries: [{ type: 'TEXT', textQuery: { text: 'blue sky' } }],
        sources: documents.map((text) => ({
          type: 'INLINE',
          inlineDocumentSource: { type: 'TEXT', textDocument: { text } },
        })),
        rerankingConfiguration: {
          type: 'BEDROCK_RERANKING_MODEL',
          bedrockRerankingConfiguration: { modelConfiguration: { modelArn } },
        },
      });

    test.each(['ranker', RANKER, RANKER_ARN])('by %s, under its grant', async (model) => {
      const { results } = await shared.acme.send(order(model, ['green grass', 'the sky is blue', 'a sky']));
      expect(results?.map(({ index }) => index)).toEqual([1, 2, 0]);
      expect(await allowedTo('Rerank')).toEqual([may('bedrock:InvokeModel', RANKER_ARN), RERANK]);
    });

    test('a hundred documents are a search, and the token of a next page is the tenant’s own', async () => {
      const many = Array.from({ length: 150 }, (_, index) => `sky ${index}`);
      const first = await shared.acme.send(order('ranker', many));
      expect(first.results).toHaveLength(100);
      const { nextToken } = first;
      expect((await shared.acme.send(order('ranker', many, { nextToken }))).results).toHaveLength(50);
      const forged = order('ranker', many, { nextToken: nextToken?.split('.')[0] });
      await expect(shared.acme.send(forged)).rejects.toMatchObject({ name: 'ValidationException' });
      const records = async () =>
        finishedOf(await shared.raw.records()).filter(
          ({ action, tokens }) => action === 'rerank' && tokens.searches === 2,
        );
      await expect.poll(async () => (await records()).length, { timeout: 10_000 }).toBe(2);
      expect(await records()).toMatchObject([{ model: 'ranker', outcome: 'ok' }, { model: 'ranker' }]);
    });

    test('not by a model that orders nothing, nor by one of nobody', async () => {
      await expect(shared.acme.send(order('nova-lite', ['a']))).rejects.toMatchObject({ name: 'ValidationException' });
      const other = shared.acme.send(order('amazon.rerank-v1:0', ['a']));
      await expect(other).rejects.toMatchObject({ name: 'AccessDeniedException' });
      await expect(shared.globex.send(order('ranker', ['a']))).rejects.toMatchObject({ name: 'AccessDeniedException' });
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });
  });
}
