import {
  DeleteAgentMemoryCommand,
  GetAgentMemoryCommand,
  InvokeAgentCommand,
  InvokeInlineAgentCommand,
  type InvokeInlineAgentCommandInput,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { describe, expect, test } from 'vitest';
import { BASE, INSIDE, raw, refusalOf, region, type Shared, say, textOf } from './shared.ts';

export const alias = { agentId: 'helper', agentAliasId: '-' };
const memory = (memoryId: string) => new GetAgentMemoryCommand({ ...alias, memoryType: 'SESSION_SUMMARY', memoryId });
const MEMORIES = '/agents/helper/agentAliases/-/memories';

export function memories(shared: Shared): void {
  const remember = async (client: Shared['acme'], memoryId: string, sessionId: string, text: string) => {
    await say(client, sessionId, text, { memoryId });
    await say(client, sessionId, 'bye', { memoryId, endSession: true });
  };
  const texts = async (client: Shared['acme'], memoryId: string) =>
    (await client.send(memory(memoryId))).memoryContents?.map(({ sessionSummary }) => sessionSummary?.summaryText);

  describe('what an agent remembers', () => {
    test('is told under the tenant’s own name of it, and is no other tenant’s by the same name', async () => {
      const { acme, globex } = shared;
      await remember(acme, 'anna', 'first', 'likes tea');
      const found = await acme.send(memory('anna'));
      expect(found.memoryContents).toMatchObject([
        { sessionSummary: { memoryId: 'anna', sessionId: expect.any(String), summaryText: 'likes tea' } },
      ]);
      expect(await texts(globex, 'anna')).toEqual([]);
      const { sessionId = '' } = found.memoryContents?.[0]?.sessionSummary ?? {};
      for (const id of [sessionId, sessionId.replace('own:', '')])
        expect(await say(globex, id, '[[recall]]')).toBe('recall: ');
    });

    test('is forgotten whole, or one session of it, for its tenant alone', async () => {
      const { acme, globex } = shared;
      for (const client of [acme, globex])
        for (const session of ['one', 'two', 'three']) await remember(client, 'bob', session, `from ${session}`);
      const [, second] = (await acme.send(memory('bob'))).memoryContents ?? [];
      const forget = (more: object) => acme.send(new DeleteAgentMemoryCommand({ ...alias, memoryId: 'bob', ...more }));
      expect((await forget({ sessionId: 'one' })).$metadata.httpStatusCode).toBe(202);
      expect(await texts(acme, 'bob')).toEqual(['from two', 'from three']);
      await forget({ sessionId: second?.sessionSummary?.sessionId });
      expect(await texts(acme, 'bob')).toEqual(['from three']);
      await forget({});
      expect(await texts(acme, 'bob')).toEqual([]);
      expect(await texts(globex, 'bob')).toHaveLength(3);
    });

    test.each([
      ['everybody’s is forgotten', 'DELETE', '', 400],
      ['no name', 'DELETE', '?memoryId=', 400],
      ['two names', 'DELETE', '?memoryId=ab&memoryId=cd', 400],
      ['a name of one character', 'GET', '?memoryId=a&memoryType=SESSION_SUMMARY', 400],
      ['a parameter that Bedrock might have one day', 'DELETE', '?memoryId=ab&tenant=globex', 400],
      ['what is asked for in another way', 'POST', '?memoryId=ab', 404],
    ])('refused: %s', async (_, method, query, status) => {
      const answer = await raw(shared, method, MEMORIES + query, method === 'POST' ? {} : undefined);
      expect(answer.status).toBe(status);
      expect(answer.text).not.toMatch(INSIDE);
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });
  });
}

export function sessions(shared: Shared): void {
  const session = (id: string) => `/agents/helper/agentAliases/-/sessions/${id}/text`;

  describe('a session of an agent', () => {
    test.each([
      ['1 character', 'a', 400],
      ['101 characters', 'a'.repeat(101), 400],
      ['a slash', 'ab%2Fcd', 400],
      ['a way up', '..%2F..%2Fother', 400],
      ['dots', '%2E%2E', 400],
      ['two dots', '..', 400],
      ['a letter of another alphabet', 'm%D0%BEnday', 400],
      ['a space', 'a%20b', 400],
      ['a NUL', 'ab%00', 400],
      ['a line', 'ab%0Acd', 400],
      ['nothing', '', 400],
    ])('whose name holds %s is none', async (_, id, status) => {
      const answer = await raw(shared, 'POST', session(id), { inputText: 'x' });
      expect(answer.status).toBe(status);
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });

    test('of another tenant’s agent is refused as of one that does not exist', async () => {
      const at = (agent: string, alias: string) =>
        raw(shared, 'POST', `/agents/${agent}/agentAliases/${alias}/sessions/monday/text`, { inputText: 'x' });
      const none = await at('NOTTHERE00', 'ALIAS12345');
      expect(none.status).toBe(403);
      for (const [agent, alias] of [
        ['theirs', '-'],
        ['AGENT99999', 'ALIAS12345'],
        ['AGENT12345', 'ALIAS99999'],
        ['AGENT12345', 'ALIAS12345/x'],
      ] as const) {
        const answer = await at(agent, encodeURIComponent(alias));
        expect(answer, `${agent} ${alias}`).toEqual(none);
      }
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });

    const bytes = { name: 'a.txt', useCase: 'CHAT', source: { sourceType: 'BYTE_CONTENT', byteContent: {} } };
    const s3 = { ...bytes, source: { sourceType: 'S3', s3Location: { uri: 's3://other/secret.txt' } } };
    const base = (knowledgeBaseId: string, search: object = {}) => ({
      knowledgeBaseConfigurations: [
        { knowledgeBaseId, retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: 1, ...search } } },
      ],
    });
    test.each([
      ['a file of a bucket', { files: [bytes, s3] }, 'sessionState.files[1].source.s3Location'],
      [
        'a knowledge base that was not granted',
        base('KB99999999'),
        'sessionState.knowledgeBaseConfigurations[0].knowledgeBaseId',
      ],
      [
        'a model that ranks',
        base('KB12345678', { rerankingConfiguration: { type: 'BEDROCK_RERANKING_MODEL' } }),
        'sessionState.knowledgeBaseConfigurations[0].retrievalConfiguration.vectorSearchConfiguration.rerankingConfiguration',
      ],
      ['what nobody knows yet', { roleArn: 'x' }, 'sessionState.roleArn'],
    ])('names no %s', async (_, sessionState, field) => {
      const answer = await raw(shared, 'POST', session('monday'), { inputText: 'x', sessionState });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(`${field} is not taken here`);
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });

    test('has attributes, files of its caller’s own, and a knowledge base that was granted', async () => {
      const asked = new InvokeAgentCommand({
        ...{ ...alias, sessionId: 'tuesday', inputText: 'hello' },
        sessionState: {
          ...{ sessionAttributes: { a: 'b' }, promptSessionAttributes: { c: 'd' }, invocationId: 'x' },
          ...(base('KB12345678') as object),
          files: [
            {
              ...{ name: 'a.txt', useCase: 'CHAT' },
              source: { sourceType: 'BYTE_CONTENT', byteContent: { mediaType: 'text/plain', data: Buffer.from('a') } },
            },
          ],
        },
        promptCreationConfigurations: { previousConversationTurnsToInclude: 2 },
        streamingConfigurations: { streamFinalResponse: true, applyGuardrailInterval: 50 },
        bedrockModelConfigurations: { performanceConfig: { latency: 'standard' } },
      });
      expect(await textOf((await shared.acme.send(asked)).completion)).toBe('echo: hello');
    });
  });
}

const instruction = 'You answer what you are asked about the weather.';
/** A turn with one that the call describes. */
export const inline = (more: object = {}) =>
  new InvokeInlineAgentCommand({
    ...{ agentName: 'weather', foundationModel: 'nova-lite', sessionId: 'monday', instruction, inputText: 'hello' },
    ...more,
  } as InvokeInlineAgentCommandInput);

export function inlineAgents(shared: Shared): void {
  const NOVA = `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;
  const named = {
    Effect: 'Allow',
    Action: ['bedrock:InvokeInlineAgent'],
    Resource: ['*'],
    Condition: { StringEquals: { 'aws:RequestedRegion': region, 'bedrock:InlineAgentName': 'acme-weather' } },
  };
  const runs = (...names: string[]) => ({
    ...named,
    ...{ Action: names.map((name) => `bedrock:${name}`), Resource: [NOVA], Condition: undefined },
  });

  describe('an inline agent', () => {
    test.each([
      ['whole', {}, [named, runs('InvokeModel')]],
      [
        'as it comes',
        { streamingConfigurations: { streamFinalResponse: true } },
        [named, runs('InvokeModel', 'InvokeModelWithResponseStream')],
      ],
    ])(
      'is called by its name, and answers %s, under a session of its name and its one model',
      async (_, more, Statement) => {
        const answer = await shared.acme.send(inline(more));
        expect(answer.sessionId).toBe('monday');
        expect(await textOf(answer.completion)).toBe('echo: hello');
        const call = (await shared.stack.upstream(shared.mark)).find(
          ({ operation }) => operation === 'InvokeInlineAgent',
        );
        expect(JSON.parse(JSON.stringify(call?.caller?.sessionPolicy))).toMatchObject({
          Statement: JSON.parse(JSON.stringify(Statement)),
        });
        expect(call?.resources).toContain(NOVA);
      },
    );

    test('goes on in a session of its tenant’s own, with tools that hand back control', async () => {
      const asked = (inputText: string) =>
        inline({
          ...{ sessionId: 'talk', inputText, foundationModel: 'amazon.nova-lite-v1:0' },
          actionGroups: [
            {
              actionGroupName: 'tools',
              actionGroupExecutor: { customControl: 'RETURN_CONTROL' },
              functionSchema: { functions: [{ name: 'rain', parameters: { city: { type: 'string' } } }] },
            },
            { actionGroupName: 'ask', parentActionGroupSignature: 'AMAZON.UserInput' },
          ],
          inlineSessionState: { sessionAttributes: { a: 'b' } },
        });
      const said = async (client: Shared['acme'], text: string) => textOf((await client.send(asked(text))).completion);
      await said(shared.acme, 'the code is 42');
      expect(await said(shared.acme, '[[recall]]')).toBe('recall: the code is 42');
      expect(await said(shared.globex, '[[recall]]')).toBe('recall: ');
    });

    test('is called by no one whose model is not granted, and by no one to whom it is not, as if there were none', async () => {
      const none = await refusalOf(shared.acme.send(inline({ agentName: 'nobody' })));
      expect(none).toMatchObject({ name: 'AccessDeniedException', status: 403 });
      for (const [client, more] of [
        [shared.acme, { agentName: 'theirs-inline' }],
        [shared.acme, { foundationModel: 'llama-3-3-70b' }],
        [shared.acme, { foundationModel: 'amazon.nova-pro-v1:0' }],
        [shared.globex, { agentName: 'acme-only' }],
      ] as const)
        expect(await refusalOf(client.send(inline(more))), JSON.stringify(more)).toEqual(none);
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });

    test('leaves its model callable as a model', async () => {
      const path = `/model/${encodeURIComponent(NOVA)}/converse`;
      const answer = await raw(shared, 'POST', path, { messages: [{ role: 'user', content: [{ text: 'hello' }] }] });
      expect(answer.status).toBe(200);
    });

    const lambda = `arn:aws:lambda:${region}:111122223333:function:f`;
    const group = (more: object) => ({ actionGroups: [{ actionGroupName: 'a', ...more }] });
    test.each<[string, object, string]>([
      ['a function', group({ actionGroupExecutor: { lambda } }), 'actionGroups[0].actionGroupExecutor.lambda'],
      ['a schema in a bucket', group({ apiSchema: { s3: { s3BucketName: 'b' } } }), 'actionGroups[0].apiSchema.s3'],
      ['a knowledge base', { knowledgeBases: [{ knowledgeBaseId: 'KB12345678' }] }, 'knowledgeBases'],
      ['a guardrail', { guardrailConfiguration: { guardrailIdentifier: 'demo' } }, 'guardrailConfiguration'],
      ['a key', { customerEncryptionKeyArn: 'arn:aws:kms:x' }, 'customerEncryptionKeyArn'],
      ['another agent', { collaborators: [{ foundationModel: 'nova-pro' }] }, 'collaborators'],
      ['an alias', { collaboratorConfigurations: [{ agentAliasArn: BASE }] }, 'collaboratorConfigurations'],
      ['its own orchestration', { customOrchestration: { executor: { lambda } } }, 'customOrchestration'],
      [
        'a parser',
        { promptOverrideConfiguration: { promptConfigurations: [], overrideLambda: lambda } },
        'promptOverrideConfiguration.overrideLambda',
      ],
      [
        'another model for one of its prompts',
        { promptOverrideConfiguration: { promptConfigurations: [{}, { foundationModel: 'nova-pro' }] } },
        'promptOverrideConfiguration.promptConfigurations[1].foundationModel',
      ],
      [
        'a file of a bucket',
        { inlineSessionState: { files: [{ source: { s3Location: { uri: 's3://b/k' } } }] } },
        'inlineSessionState.files[0].source.s3Location',
      ],
      ['what nobody knows yet', { memoryArn: 'x' }, 'memoryArn'],
    ])('names no %s', async (_, more, field) => {
      const body = { agentName: 'weather', foundationModel: 'nova-lite', instruction, inputText: 'x', ...more };
      const answer = await raw(shared, 'POST', '/agents/monday', body);
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(`${field} is not taken here`);
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });

    test.each<[string, object, RegExp]>([
      ['without its name', { agentName: undefined }, /by name here: agentName must be that of one that was granted/],
      ['as a model', { agentName: 'nova-lite' }, /is a model of Bedrock, and not an inline agent.*\(agentName\)/],
      ['without a model', { foundationModel: undefined }, /foundationModel must be text/],
      ['with another model', { foundationModel: 'claude-sonnet-4-5' }, /foundationModel must be the model/],
      ['with a trace', { enableTrace: true }, /Traces are not granted/],
      ['of a model under a demand', { agentName: 'capped-agent', foundationModel: 'capped' }, /\(maxTokens\)/],
    ])('is not called %s', async (_, more, sentence) => {
      const body = { agentName: 'weather', foundationModel: 'nova-lite', instruction, inputText: 'x', ...more };
      const answer = await raw(shared, 'POST', '/agents/monday', body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text).message).toMatch(sentence);
      expect(await shared.stack.upstream(shared.mark)).toEqual([]);
    });
  });
}
