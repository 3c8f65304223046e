import { describe, expect, test } from 'vitest';
import type { Target, TargetKind, TargetOf } from '../../../contract/model.ts';
import { parseModelArn } from '../../../policies/arn.ts';
import { NO_RESOURCE } from '../../../policies/kinds/kind.ts';
import { ALL_KINDS, arnsOf, baseModelOf, KINDS, kindOf, nativeIdOf, pathIdOf } from '../../../policies/kinds.ts';
import { ASKED, askedOf, type Borne } from '../../../policies/review-paths.ts';
import cases from '../../cases/session-policy.json' with { type: 'json' };

const at = (service: string, what: string) => `arn:aws:${service}:us-east-1:111122223333:${what}`;
const nova = (region: string) => `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;

const model: TargetOf<'bedrock-model'> = {
  kind: 'bedrock-model',
  modelId: 'amazon.nova-lite-v1:0',
  region: 'us-east-1',
  arn: nova('us-east-1'),
};
const bought = {
  ...model,
  modelId: at('bedrock', 'provisioned-model/a1b2c3d4e5f6'),
  arn: at('bedrock', 'provisioned-model/a1b2c3d4e5f6'),
};
const profile: TargetOf<'bedrock-profile'> = {
  kind: 'bedrock-profile',
  modelId: 'us.amazon.nova-lite-v1:0',
  region: 'us-east-1',
  arn: at('bedrock', 'inference-profile/us.amazon.nova-lite-v1:0'),
  modelArns: [nova('us-west-2'), nova('us-east-1')],
};
const application = {
  ...profile,
  modelId: 'a1b2c3d4e5f6',
  arn: at('bedrock', 'application-inference-profile/a1b2c3d4e5f6'),
};
const endpoint: TargetOf<'sagemaker-endpoint'> = {
  kind: 'sagemaker-endpoint',
  endpointName: 'Answers',
  region: 'us-east-1',
  arn: at('sagemaker', 'endpoint/answers'),
};
const later = { asyncInput: 's3://inputs/' };
const many = { targetModel: 'acme/model.tar.gz' };
const registered: TargetOf<'bedrock-endpoint'> = { kind: 'bedrock-endpoint', region: 'us-east-1', arn: endpoint.arn };
const own = <Kind extends TargetKind>(kind: Kind, resource: string) => ({
  kind,
  region: 'us-east-1',
  arn: at('bedrock', resource),
});
const prompt: TargetOf<'bedrock-prompt'> = {
  ...own('bedrock-prompt', 'prompt/PROMPT1234:3'),
  modelArns: [profile.arn, ...profile.modelArns],
};
const router: TargetOf<'bedrock-prompt-router'> = {
  ...own('bedrock-prompt-router', 'default-prompt-router/amazon.nova:1'),
  modelArns: [nova('us-east-1'), nova('us-east-1').replace('lite', 'pro')],
};
const guarding: TargetOf<'bedrock-guardrail'> = { ...own('bedrock-guardrail', 'guardrail/demo'), version: '2' };
const knowledgeBase = own('bedrock-knowledge-base', 'knowledge-base/KB12345678');
const agent = own('bedrock-agent', 'agent-alias/AGENT12345/ALIAS12345');
const flow = own('bedrock-flow', 'flow/FLOW123456/alias/ALIAS12345');
const inline: TargetOf<'bedrock-inline-agent'> = {
  kind: 'bedrock-inline-agent',
  agentName: 'helper',
  region: 'us-east-1',
  arn: nova('us-east-1'),
  modelArns: [nova('us-east-1')],
};
const component = { inferenceComponent: 'One', componentArn: at('sagemaker', 'inference-component/one') };

/** What is said of a kind beside its policies; a kind without a row does not compile. */
const SAID: { readonly [Kind in TargetKind]: readonly [Target, object] } = {
  'bedrock-model': [
    model,
    {
      called: 'This model is a model of Bedrock.',
      runtime: 'bedrock-runtime',
      paidBy: 'call',
      restrictedBy: ['guardrail', 'maxTokens', 'tiers'],
      arns: [model.arn],
      calledOn: model.arn,
      nativeId: 'amazon.nova-lite-v1:0',
      paths: ['amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0'],
      base: 'amazon.nova-lite-v1:0',
    },
  ],
  'bedrock-profile': [
    profile,
    {
      called: 'This model is an inference profile of Bedrock.',
      runtime: 'bedrock-runtime',
      paidBy: 'call',
      restrictedBy: ['guardrail', 'maxTokens', 'tiers'],
      arns: [profile.arn, ...profile.modelArns],
      calledOn: profile.arn,
      nativeId: 'us.amazon.nova-lite-v1:0',
      paths: ['us.amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0'],
      base: 'amazon.nova-lite-v1:0',
    },
  ],
  'bedrock-endpoint': [
    registered,
    {
      called: 'This model is an endpoint of Bedrock Marketplace.',
      runtime: 'bedrock-runtime',
      paidBy: 'hour',
      restrictedBy: ['maxTokens'],
      arns: [registered.arn],
      calledOn: `bedrock ${registered.arn}`,
      nativeId: registered.arn,
      paths: [registered.arn, undefined],
      base: '',
    },
  ],
  'sagemaker-endpoint': [
    { ...endpoint, ...component },
    {
      called: 'This model is a SageMaker endpoint.',
      runtime: 'sagemaker-runtime',
      paidBy: 'hour',
      restrictedBy: [],
      arns: [endpoint.arn, component.componentArn],
      calledOn: component.componentArn,
      nativeId: 'Answers',
      paths: ['Answers', undefined],
      base: '',
    },
  ],
  'bedrock-prompt': [
    prompt,
    {
      called: 'This model is a prompt of Bedrock.',
      runtime: 'bedrock-runtime',
      paidBy: 'call',
      restrictedBy: ['guardrail', 'tiers'],
      arns: [prompt.arn, ...prompt.modelArns],
      calledOn: prompt.arn,
      nativeId: prompt.arn,
      paths: [prompt.arn, undefined],
      base: 'amazon.nova-lite-v1:0',
    },
  ],
  'bedrock-prompt-router': [
    router,
    {
      called: 'This model is a prompt router of Bedrock.',
      runtime: 'bedrock-runtime',
      paidBy: 'call',
      restrictedBy: ['guardrail', 'maxTokens', 'tiers'],
      arns: [router.arn, ...router.modelArns],
      calledOn: router.arn,
      nativeId: router.arn,
      paths: [router.arn, undefined],
      base: 'amazon.nova-lite-v1:0',
    },
  ],
  'bedrock-guardrail': [
    guarding,
    {
      called: 'This model is a guardrail of Bedrock.',
      runtime: 'bedrock-runtime',
      paidBy: 'call',
      restrictedBy: [],
      arns: [guarding.arn],
      calledOn: `${guarding.arn}:2`,
      nativeId: 'demo:2',
      paths: [undefined, undefined],
      base: '',
    },
  ],
  'bedrock-knowledge-base': [
    knowledgeBase,
    {
      called: 'This model is a knowledge base of Bedrock.',
      runtime: 'bedrock-agent-runtime',
      paidBy: 'call',
      restrictedBy: [],
      arns: [knowledgeBase.arn],
      calledOn: knowledgeBase.arn,
      nativeId: 'KB12345678',
      paths: ['KB12345678', undefined],
      base: '',
    },
  ],
  'bedrock-agent': [
    agent,
    {
      called: 'This model is an agent of Bedrock.',
      runtime: 'bedrock-agent-runtime',
      paidBy: 'call',
      restrictedBy: [],
      arns: [agent.arn],
      calledOn: agent.arn,
      nativeId: 'AGENT12345/ALIAS12345',
      paths: ['AGENT12345/ALIAS12345', undefined],
      base: '',
    },
  ],
  'bedrock-inline-agent': [
    { ...inline, arn: profile.arn, modelArns: profile.modelArns },
    {
      called: 'This model is an inline agent of Bedrock.',
      runtime: 'bedrock-agent-runtime',
      paidBy: 'call',
      restrictedBy: [],
      arns: [profile.arn, ...profile.modelArns],
      calledOn: `inline helper ${profile.arn}`,
      nativeId: 'helper',
      paths: ['helper', undefined],
      base: 'amazon.nova-lite-v1:0',
    },
  ],
  'bedrock-flow': [
    flow,
    {
      called: 'This model is a flow of Bedrock.',
      runtime: 'bedrock-agent-runtime',
      paidBy: 'call',
      restrictedBy: [],
      arns: [flow.arn],
      calledOn: flow.arn,
      nativeId: 'FLOW123456/alias/ALIAS12345',
      paths: ['FLOW123456/alias/ALIAS12345', undefined],
      base: '',
    },
  ],
};

describe('each kind of target', () => {
  test.each(Object.entries(SAID))('%s is what is said of it', (name, [target, said]) => {
    const { name: called, runtime, paidBy, restrictedBy, calledOn } = kindOf(target);
    expect(kindOf(target)).toBe(KINDS[name as TargetKind]);
    expect({
      called: `This model is ${called}.`,
      runtime,
      paidBy,
      restrictedBy,
      arns: arnsOf(target),
      calledOn: calledOn(target),
      nativeId: nativeIdOf(target),
      paths: [pathIdOf(target, 'invoke'), pathIdOf(target, 'count')],
      base: baseModelOf(target),
    }).toEqual(said);
  });

  test.each(Object.keys(KINDS))('%s has cases of policies that are built and of ones that are refused', (kind) => {
    const own = cases.filter(({ input }) => 'target' in input && input.target?.kind === kind);
    expect(own.filter(({ expected }) => 'statements' in expected).length).toBeGreaterThan(0);
    expect(own.filter(({ expected }) => 'code' in expected).length).toBeGreaterThan(0);
  });

  test('what the invoker role may do is said of resources that a kind has a shape for', () => {
    const known = ALL_KINDS.flatMap(({ shapes }) => Object.keys(shapes));
    const named = new Set(ALL_KINDS.flatMap(({ role }) => role.flatMap(({ on }) => on)));
    named.delete(NO_RESOURCE);
    expect([...named].filter((type) => !known.includes(type))).toEqual([]);
    expect(known.filter((type) => !named.has(type))).toEqual([]);
  });

  test('a kind that is none of them is refused, whatever a plain object inherits', () => {
    for (const kind of ['bedrock', '', 'toString', '__proto__'])
      expect(() => arnsOf({ ...model, kind } as unknown as Target)).toThrow(
        expect.objectContaining({ code: 'bad_arn', field: 'target.kind', reason: 'kind' }),
      );
  });

  test('what was bought, and a profile without a model where it is called, have nothing that counts', () => {
    expect(pathIdOf(bought, 'invoke')).toBe(bought.arn);
    expect(pathIdOf(bought, 'count')).toBeUndefined();
    expect(pathIdOf({ ...profile, modelArns: [nova('us-west-2')] }, 'count')).toBeUndefined();
  });
});

describe('what contradicts itself in an entry', () => {
  const other = nova('us-west-2').replace('nova-lite', 'nova-pro');
  test.each<[string, Target, string | undefined]>([
    ['a model by its id', model, undefined],
    ['a model by its ARN', { ...model, modelId: model.arn }, undefined],
    ['a model by another id', { ...model, modelId: 'amazon.nova-pro-v1:0' }, 'target.modelId differs-from-arn'],
    ['a bought model by its ARN', bought, undefined],
    ['a bought model by the last part', { ...bought, modelId: 'a1b2c3d4e5f6' }, 'target.modelId differs-from-arn'],
    ['a profile by its id', profile, undefined],
    ['a profile by its ARN', { ...profile, modelId: profile.arn }, undefined],
    ['a profile by its model', { ...profile, modelId: 'amazon.nova-lite-v1:0' }, 'target.modelId differs-from-arn'],
    ['an application profile by the last part', application, 'target.modelId differs-from-arn'],
    ['an application profile by its ARN', { ...application, modelId: application.arn }, undefined],
    [
      'a profile of a model twice',
      { ...profile, modelArns: [nova('us-east-1'), nova('us-east-1')] },
      'target.modelArns[1] listed-twice',
    ],
    ['a profile of two models', { ...profile, modelArns: [model.arn, other] }, 'target.modelArns[1] another-model'],
    ['a profile of another model', { ...profile, modelArns: [other] }, 'target.modelArns[0] not-the-profiles-model'],
    [
      'an application profile of any one model',
      { ...application, modelId: application.arn, modelArns: [other] },
      undefined,
    ],
    ['a prompt of a profile and its models', prompt, undefined],
    ['a prompt of two models', { ...prompt, modelArns: router.modelArns }, 'target.modelArns another-model'],
    ['a prompt of a profile alone', { ...prompt, modelArns: [profile.arn] }, 'target.modelArns without-a-model'],
    ['a prompt router of two models', router, undefined],
    ['a router with a price for each of its models', { ...router, priceModels: ['lite', 'pro'] }, undefined],
    [
      'a router with a price for one of its models',
      { ...router, priceModels: ['lite'] },
      'target.priceModels not-one-for-each-model',
    ],
    [
      'a router with a price for a model behind a profile',
      { ...router, modelArns: [nova('us-west-2'), profile.arn, nova('us-east-1')], priceModels: ['lite', 'lite'] },
      'target.priceModels not-one-for-each-model',
    ],
    ['a guardrail', guarding, undefined],
    ['an endpoint whose name has another case', endpoint, undefined],
    ['an endpoint by another name', { ...endpoint, endpointName: 'x' }, 'target.endpointName differs-from-arn'],
    ['an inference component', { ...endpoint, ...component }, undefined],
    [
      'a component without its name',
      { ...endpoint, componentArn: component.componentArn },
      'target.inferenceComponent missing',
    ],
    ['a component without its ARN', { ...endpoint, inferenceComponent: 'One' }, 'target.componentArn missing'],
    ['one of many models', { ...endpoint, ...many }, undefined],
    [
      'one of many models, and a component',
      { ...endpoint, ...component, ...many },
      'target.targetModel beside-a-component',
    ],
    ['what answers later', { ...endpoint, ...later }, undefined],
    [
      'what answers later, of a folder without its slash',
      { ...endpoint, asyncInput: 's3://inputs' },
      'target.asyncInput not-a-folder',
    ],
    ['what answers later, of many models', { ...endpoint, ...later, ...many }, 'target.asyncInput beside-a-part'],
    [
      'what answers later, and a component by its name alone',
      { ...endpoint, ...later, inferenceComponent: 'One' },
      'target.asyncInput beside-a-part',
    ],
    [
      'what answers later, and a component by its ARN alone',
      { ...endpoint, ...later, componentArn: component.componentArn },
      'target.asyncInput beside-a-part',
    ],
    ['what answers later, and a component', { ...endpoint, ...later, ...component }, 'target.asyncInput beside-a-part'],
    ['an inline agent of a model', inline, undefined],
    ['an inline agent of a profile', { ...inline, arn: profile.arn, modelArns: profile.modelArns }, undefined],
    ['an inline agent of one model and another', { ...inline, modelArns: [other] }, 'target.modelArns another-model'],
    [
      'an inline agent of a profile and another model',
      { ...inline, arn: profile.arn, modelArns: [other] },
      'target.modelArns[0] not-the-profiles-model',
    ],
    ['a flow by its alias', flow, undefined],
    ['one execution of a flow', { ...flow, arn: `${flow.arn}/execution/${'0'.repeat(32)}` }, 'target.arn resource-id'],
    [
      'a component by another name',
      { ...endpoint, ...component, inferenceComponent: 'two' },
      'target.inferenceComponent differs-from-arn',
    ],
  ])('%s', (_, target, expected) => {
    const fault = kindOf(target).fault(target, parseModelArn);
    expect(fault && `${fault.field} ${fault.reason}`).toBe(expected);
  });
});

describe('what is at fault in an entry is found by reading each ARN as what it should be, named by its member', () => {
  const MODELS = ['foundation-model', 'provisioned-model', 'custom-model-deployment', 'imported-model'];
  const FAULTS: [string, Target, [string, string[]][]][] = [
    ['a model', model, [['target.arn', MODELS]]],
    [
      'a profile',
      profile,
      [
        ['target.arn', ['inference-profile', 'application-inference-profile']],
        ['target.modelArns[0]', ['foundation-model']],
        ['target.modelArns[1]', ['foundation-model']],
      ],
    ],
    ['an endpoint', endpoint, [['target.arn', ['endpoint']]]],
    [
      'a component',
      { ...endpoint, ...component },
      [
        ['target.arn', ['endpoint']],
        ['target.componentArn', ['inference-component']],
      ],
    ],
  ];
  test.each(FAULTS)('%s', (_, target, read) => {
    const asked: [string, readonly string[]][] = [];
    const fault = kindOf(target).fault(target, (value, field, types) => {
      asked.push([field, types]);
      return parseModelArn(value, field);
    });
    expect(fault).toBeUndefined();
    expect(asked.map(([field, types]) => [field, [...types].sort()])).toEqual(
      read.map(([field, types]) => [field, [...types].sort()]),
    );
  });
});

describe('what a review asks IAM of', () => {
  const guardrail = { arn: at('bedrock', 'guardrail/abcdefghijkl'), version: 'DRAFT' };
  const shown = (bears: Borne) => askedOf(model).paths(model, 'invoke', bears)[0]?.[0]?.context;

  test('a call with nothing shows nothing; a tier, and a guardrail by its number or as it is edited, are shown', () => {
    expect(shown({})).toEqual({});
    expect(shown({ tier: 'flex' })).toEqual({ 'bedrock:ServiceTier': 'flex' });
    expect(shown({ guardrail })).toEqual({ 'bedrock:GuardrailIdentifier': guardrail.arn });
    expect(shown({ guardrail: { ...guardrail, version: '7' } })).toEqual({
      'bedrock:GuardrailIdentifier': `${guardrail.arn}:7`,
    });
  });

  test('the models behind a profile are in their own regions', () => {
    expect(ASKED['bedrock-profile'].behind?.(profile)).toEqual(
      ['us-west-2', 'us-east-1'].map((region) => ({
        kind: 'bedrock-model',
        modelId: nova(region),
        region,
        arn: nova(region),
      })),
    );
  });

  test('a prompt is rendered in every way that its model may be called; what is behind a profile is not opened by it', () => {
    const ways = askedOf(prompt).paths(prompt, 'stream', {});
    const name = 'bedrock:InvokeModelWithResponseStream';
    expect(ways).toEqual(
      profile.modelArns.map((model) => [
        { action: 'bedrock:RenderPrompt', resource: prompt.arn, context: {} },
        { action: name, resource: profile.arn, context: {} },
        { action: name, resource: model, context: { 'bedrock:InferenceProfileArn': profile.arn } },
      ]),
    );
    expect(
      askedOf(prompt)
        .behind?.(prompt)
        .map(({ arn }) => arn),
    ).toEqual(profile.modelArns);
  });

  test('a prompt router asks for itself and for the model that it chooses, which its grant does not open', () => {
    const by = { 'bedrock:PromptRouterArn': router.arn };
    expect(askedOf(router).paths(router, 'invoke', {})).toEqual(
      router.modelArns.map((resource) => [
        { action: 'bedrock:InvokeModel', resource: router.arn, context: {} },
        { action: 'bedrock:InvokeModel', resource, context: by },
      ]),
    );
    expect(
      askedOf(router)
        .behind?.(router)
        .map(({ arn }) => arn),
    ).toEqual(router.modelArns);
  });

  test('an endpoint is one thing, and a component beside it another', () => {
    expect(arnsOf(endpoint)).toEqual([endpoint.arn]);
    expect(arnsOf({ ...endpoint, ...component })).toEqual([endpoint.arn, component.componentArn]);
  });

  test('one of many models is another thing than their endpoint, is shown to IAM, and is not streamed', () => {
    const { calledOn } = kindOf(endpoint);
    const { paths, behind } = askedOf(endpoint);
    const one: Target = { ...endpoint, ...many };
    expect(calledOn(one)).not.toBe(calledOn(endpoint));
    expect(calledOn(one)).not.toBe(calledOn({ ...one, targetModel: 'globex/model.tar.gz' } as Target));
    expect(paths(one, 'invoke', {}).flat()).toEqual([
      {
        action: 'sagemaker:InvokeEndpoint',
        resource: endpoint.arn,
        context: { 'sagemaker:TargetModel': 'acme/model.tar.gz' },
      },
    ]);
    expect(paths(one, 'stream', {})).toEqual([]);
    expect([pathIdOf(one, 'invoke'), pathIdOf(one, 'stream')]).toEqual(['Answers', undefined]);
    expect(behind?.(one)).toEqual([endpoint]);
    expect(behind?.(endpoint)).toEqual([]);
  });

  test('what answers later has one call, of the endpoint alone, and no other opens with it', () => {
    const { paths, behind } = askedOf(endpoint);
    const one: Target = { ...endpoint, ...later };
    expect(paths(one, 'invoke', {}).flat()).toEqual([
      { action: 'sagemaker:InvokeEndpointAsync', resource: endpoint.arn, context: {} },
    ]);
    expect([paths(one, 'stream', {}), paths(one, 'count', {})]).toEqual([[], []]);
    expect([pathIdOf(one, 'invoke'), pathIdOf(one, 'stream')]).toEqual(['Answers', undefined]);
    expect(behind?.(one)).toEqual([endpoint]);
  });
});
