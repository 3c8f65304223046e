import { describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../../contract/model.ts';
import { generating } from '../../../invoke/grants/generate.ts';
import { jointOf } from '../../../invoke/pipeline/joint.ts';
import { createSessionIds } from '../../../invoke/session-ids.ts';
import { callOf, modelOf, NOW } from './core.ts';

const GUARDRAIL = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/abc123', version: '1' };
const AT = ['knowledgeBaseConfiguration'];
const under = (own: object, grant: Partial<AllowedModel>) => {
  const body = Buffer.from(JSON.stringify({ knowledgeBaseConfiguration: own }));
  const { body: after, changes } = generating(body, AT, { ...modelOf('nova'), ...grant });
  return { own: JSON.parse(Buffer.from(after).toString()).knowledgeBaseConfiguration, changes };
};
const limited = (maxTokens: number) => ({ inferenceConfig: { textInferenceConfig: { maxTokens } } });

describe('an answer from a knowledge base under the grant of its model', () => {
  test.each([
    ['nothing is changed where nothing is demanded', {}, {}, {}],
    ['a limit is set where there is none', {}, { maxTokens: 10 }, { generationConfiguration: limited(10) }],
    [
      'a higher one is lowered, of each call of the model',
      { generationConfiguration: limited(20), orchestrationConfiguration: limited(30) },
      { maxTokens: 10 },
      { generationConfiguration: limited(10), orchestrationConfiguration: limited(10) },
    ],
    [
      'a lower one stays',
      { generationConfiguration: limited(5) },
      { maxTokens: 10 },
      { generationConfiguration: limited(5) },
    ],
    [
      'the guardrail is named by its id',
      {},
      { guardrail: GUARDRAIL },
      { generationConfiguration: { guardrailConfiguration: { guardrailId: 'abc123', guardrailVersion: '1' } } },
    ],
  ])('%s', (_, own, grant, after) => {
    expect(under(own, grant).own).toEqual(after);
  });

  test.each([
    [
      'another guardrail',
      { generationConfiguration: { guardrailConfiguration: { guardrailId: 'other', guardrailVersion: '1' } } },
      { guardrail: GUARDRAIL },
    ],
    [
      'another version',
      { generationConfiguration: { guardrailConfiguration: { guardrailId: 'abc123', guardrailVersion: 'DRAFT' } } },
      { guardrail: GUARDRAIL },
    ],
    [
      'a limit by another name',
      { generationConfiguration: { additionalModelRequestFields: { max_tokens: 9 } } },
      { maxTokens: 10 },
    ],
    [
      'a limit that is none',
      { orchestrationConfiguration: { inferenceConfig: { textInferenceConfig: { maxTokens: '9' } } } },
      { maxTokens: 10 },
    ],
    ['a tier that such a call cannot bear', {}, { tiers: ['flex'] as const }],
    ['a list for an object', { generationConfiguration: [] }, {}],
    [
      'what steers the guardrail',
      { generationConfiguration: { additionalModelRequestFields: { 'amazon-bedrock-guardrailConfig': {} } } },
      { guardrail: GUARDRAIL },
    ],
  ])('not with %s', (_, own, grant) => {
    expect(() => under(own, grant as Partial<AllowedModel>)).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  test.each(['generationConfiguration', 'orchestrationConfiguration'])(
    '%s that is no object is named whole',
    (name) => {
      expect(() => under({ [name]: 5 }, {})).toThrow(
        expect.objectContaining({ code: 'invalid_request', field: `knowledgeBaseConfiguration.${name}` }),
      );
    },
  );
});

describe('what a call uses beside what it calls', () => {
  const models = [modelOf('nova'), modelOf('other')];
  const beside = [{ model: 'nova', actions: ['generate' as const] }];
  const budget = { id: 'b', per: 'tenant', period: 'day', unit: 'tokens', limit: '9', enforcement: 'hard' } as const;
  const joined = (one: object) =>
    jointOf(callOf('retrieve-and-generate'), beside, { models, budgets: [{ ...budget, ...one }] }, NOW / 1000);

  test.each([
    ['of tokens', {}],
    ["of the model's own calls", { per: 'model', only: 'nova', unit: 'requests' }],
    ['of each model', { per: 'model', unit: 'usd' }],
  ])('is refused under a hard budget %s, which could not count it', (_, one) => {
    expect(() => joined(one)).toThrow(expect.objectContaining({ code: 'forbidden', reason: 'uncountable' }));
  });

  test.each([
    ['a soft one', { enforcement: 'soft' }],
    ["one of the tenant's dollars, which counts the call", { unit: 'usd' }],
    ['one of another model', { per: 'model', only: 'other' }],
    ['one of credentials', { unit: 'credentials', per: 'model' }],
  ])('is not under %s', (_, one) => {
    expect(joined(one).beside).toEqual(beside);
  });
});

describe('ids of Bedrock’s own sessions', () => {
  const table = (asked: string[] = []) => {
    let made: string | undefined;
    const ask = async (operation: string, input: object) => {
      asked.push(operation);
      made ??= (input as { ExpressionAttributeValues: { ':made': { S: string } } }).ExpressionAttributeValues[':made']
        .S;
      return { Attributes: { value: { S: made } } };
    };
    let next = 0;
    return () =>
      createSessionIds({ ask: ask as never, table: 'counters', random: (bytes) => Buffer.alloc(bytes, ++next) });
  };

  test('are known to every instance, for the tenant that was told them alone', async () => {
    const instance = table();
    const [one, other] = [instance(), instance()];
    const told = await one.told('acme', 'a-session.of:Bedrock');
    expect(told).toMatch(/^a-session\.of:Bedrock\.[\w-]{22}$/);
    expect(await other.own('acme', told, 'sessionId')).toBe('a-session.of:Bedrock');
    const unknown = { code: 'invalid_request', field: 'sessionId', reason: 'unknown-session' };
    for (const [tenant, id] of [
      ['globex', told],
      ['acme', 'a-session.of:Bedrock'],
      ['acme', `${told}x`],
      ['acme', told.slice(0, -1)],
      ['acme', ''],
      ['acme', '.'],
      ['acme', 1],
      ['acme', null],
    ] as const)
      await expect(other.own(tenant, id, 'sessionId')).rejects.toMatchObject(unknown);
  });

  test('ask for their key once, and again after it could not be read', async () => {
    const asked: string[] = [];
    const ids = table(asked)();
    await Promise.all([ids.told('acme', 'aa'), ids.told('acme', 'bb')]);
    expect(asked).toEqual(['UpdateItem']);
    let broken = true;
    const failing = createSessionIds({
      ask: async () => {
        if (broken) throw new Error('throttled');
        return { Attributes: { value: { S: Buffer.alloc(32).toString('base64') } } } as never;
      },
      table: 'counters',
      random: (bytes) => Buffer.alloc(bytes),
    });
    await expect(failing.told('acme', 'aa')).rejects.toMatchObject({ code: 'unavailable' });
    broken = false;
    await expect(failing.told('acme', 'aa')).resolves.toMatch(/^aa\./);
  });
});
