import { describe, expect, test } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import { BACKGROUND_REFUSAL_MS } from '../../../contract/limits/answers.ts';
import type { Answer } from '../../../invoke/call.ts';
import type { Answers, Kept } from '../../../invoke/kept.ts';
import cases from '../../cases/guidance.json' with { type: 'json' };
import { call, edge, event, nova, post, whole } from './edge.ts';

interface Case {
  name: string;
  headers?: Record<string, string>;
  body: object;
  sent?: object;
  field?: string;
}

const ANSWER = {
  output: {
    message: { role: 'assistant', content: [{ text: 'a' }, { citationsContent: { content: [{ text: 'b' }] } }] },
  },
  stopReason: 'end_turn',
};
const MODEL = { model_id: 'nova-lite' };

function asked(body: object, headers: Record<string, string> = {}, query: Record<string, string> = MODEL) {
  const request = post('/invoke_model', body);
  return {
    ...request,
    headers: { ...request.headers, ...headers },
    multiValueHeaders: Object.fromEntries(
      Object.entries({ ...request.headers, ...headers }).map(([name, value]) => [name, [value as string]]),
    ),
    queryStringParameters: query,
    multiValueQueryStringParameters: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
  };
}

describe("a call in the form of AWS's guidance", () => {
  test.each(cases as Case[])('$name', async ({ headers, body, sent, field }) => {
    const { app, calls } = edge(() => whole(nova, ANSWER));
    const answer = await call(app, asked(body, headers));
    if (field === undefined) {
      expect(answer.json()).toEqual([{ generated_text: 'a b' }]);
      expect(answer.statusCode).toBe(200);
      expect(JSON.parse(Buffer.from(calls[0]?.request.body ?? []).toString())).toEqual(sent);
      expect(calls[0]?.call).toMatchObject({ surface: 'guidance', wanted: 'nova-lite', action: 'invoke' });
    } else {
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toEqual([{ generated_text: expect.any(String), code: 'invalid_request', field }]);
      expect(calls.filter(({ request }) => request !== undefined)).toEqual([]);
    }
  });

  test('names its model by id or ARN, in a query or in the body, whoever its team is said to be', async () => {
    const wanted = async (query: Record<string, string>, more: object = {}) => {
      const { app, calls } = edge(() => whole(nova, ANSWER));
      const answer = await call(app, asked({ inputs: 'hi', ...more }, { team_id: 'globex' }, query));
      return calls[0]?.call.wanted ?? answer.json();
    };
    expect(await wanted({ model_id: 'a' })).toBe('a');
    expect(await wanted({ model_id: 'a', model_arn: 'arn:b' })).toBe('arn:b');
    expect(await wanted({}, { model_id: 'c' })).toBe('c');
    expect(await wanted({})).toMatchObject([{ code: 'invalid_request', field: 'model_id' }]);
  });

  test('answers with the tools that the model calls, where it calls some', async () => {
    const toolUse = { toolUseId: '1', name: 't', input: { a: 1 } };
    const answered = async (...content: object[]) => {
      const { app } = edge(() => whole(nova, { ...ANSWER, output: { message: { role: 'assistant', content } } }));
      return (await call(app, asked({ inputs: 'hi' }))).json();
    };
    expect(await answered({ text: 'so' }, { toolUse })).toEqual([{ generated_text: [{ toolUse }] }]);
    const byBedrock = { toolUse: { toolUseId: '2', name: 'nova_grounding', type: 'server_tool_use', input: {} } };
    expect(await answered(byBedrock, { text: 'so' })).toEqual([{ generated_text: 'so' }]);
  });

  test('asked for later, it is the id until it is there, and what it failed with has its own status', async () => {
    const kept = new Map<string, Kept>();
    const answers = {
      async begin(_: unknown, id: string) {
        kept.set(id, { status: 'running', body: '', ended: false });
        const end = async (status: 'done' | 'failed', body: string) => kept.set(id, { status, body, ended: true });
        return { end, leave: () => {} };
      },
      read: async (_: unknown, id: string) => kept.get(id),
    } as unknown as Answers;
    const coming = Promise.withResolvers<Answer>();
    const { app } = edge(() => coming.promise, nova, undefined, { answers: async () => answers });
    const poll = (requestId: string) => call(app, asked({}, {}, { ...MODEL, requestId }));
    const asking = call(app, asked({ inputs: 'hi' }, { streaming: 'true' }));
    await expect.poll(() => kept.size).toBe(1);
    const id = [...kept.keys()][0]?.replace('guidance ', '') ?? '';
    expect((await poll(id)).json()).toEqual([{ request_id: id }]);
    // What fails sooner is the answer to the call itself.
    setTimeout(() => coming.reject(new TollgateError('upstream_throttled')), BACKGROUND_REFUSAL_MS + 200);
    expect((await asking).json()).toEqual([{ request_id: id }]);
    const failed = await poll(id);
    expect([failed.statusCode, failed.json()]).toMatchObject([429, [{ code: 'upstream_throttled' }]]);
    expect((await poll('other')).statusCode).toBe(404);
    const none = await call(edge().app, asked({ inputs: 'hi' }, { streaming: 'true' }));
    expect(none.json()).toMatchObject([{ code: 'invalid_request', field: 'streaming' }]);
  });

  test('lists the models', async () => {
    const [first] = (await call(edge().app, event('GET', '/list_foundation_models'))).json() as unknown as [
      { modelSummaries: { modelId: string }[] },
    ];
    expect(first.modelSummaries.map(({ modelId }) => modelId)).toContain('amazon.nova-lite-v1:0');
  });
});
