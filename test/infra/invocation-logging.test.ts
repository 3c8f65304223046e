import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import {
  createConfigure,
  type Logging,
  type LoggingSetting,
  type ResourceEvent,
} from '../../infra/invocation-logging/configure.ts';
import { faultsOf, type Template as Parts } from './schema.ts';
import { flat, KEY, ofType, only, type Resource, resourcesOf, rolesOf, stacksOf, statementsOf } from './synth.ts';

const READERS = ['arn:aws:iam::111122223333:role/auditor', 'arn:aws:iam::111122223333:role/security'];
const ON = { 'tollgate:invocationLogging': { readers: READERS } };
const GROUPED = {
  'tollgate:invocationLogging': { readers: READERS, logGroup: true, days: 45, images: true, text: false },
};

function logged(overrides: Record<string, unknown>) {
  const { app, stacks: all } = stacksOf(overrides);
  const [stack, ...stacks] = all as [Stack, ...Stack[]];
  return { app, stack, stacks, resources: stacks.map(resourcesOf) };
}

const off = logged({});
const on = logged(ON);
const grouped = logged({ ...GROUPED, 'tollgate:encryption': 'create' });
const given = logged({ ...ON, 'tollgate:encryption': KEY, 'tollgate:protect': 'none' });

const [plain = {}] = on.resources;
const [whole = {}] = grouped.resources;

/** The one that has prompts, and who may do what with what is in it. */
function promptsOf(resources: Record<string, Resource>) {
  const [[id, bucket] = []] = Object.entries(resources).filter(
    ([, { Type, Properties }]) => Type === 'AWS::S3::Bucket' && Properties.LoggingConfiguration,
  );
  const policy = ofType(resources, 'AWS::S3::BucketPolicy').find(({ Bucket }) => flat(Bucket) === `<${id}>`);
  return { bucket: bucket?.Properties, statements: statementsOf(policy?.PolicyDocument) };
}

const settingOf = (resources: Record<string, Resource>): Record<string, unknown> =>
  JSON.parse(flat(only(resources, 'Custom::TollgateInvocationLogging').Logging));

describe('Bedrock’s log of invocations', () => {
  test('is off unless asked for: no stack, and nothing in the stage’s own', () => {
    expect(off.stacks).toEqual([]);
    expect(resourcesOf(on.stack)).toEqual(resourcesOf(off.stack));
  });

  test('is set in each region of models, each by a stack there', () => {
    expect(on.stacks.map(({ stackName, region }) => [stackName, region])).toEqual(
      ['us-east-1', 'us-east-2', 'us-west-2'].map((region) => [`tollgate-dev-invocations-${region}`, region]),
    );
    const names = on.resources.flatMap((resources) => rolesOf(resources).map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });

  test.each([
    ['plain', on],
    ['with a log group, under keys', grouped],
    ['under a key that was given, to throw away', given],
  ])('%s: the template is what CloudFormation and the checks take', (_, { app, stacks }) => {
    for (const stack of stacks) expect(faultsOf(Template.fromStack(stack).toJSON() as Parts)).toEqual([]);
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    expect(violations.flatMap(({ ruleName, violatingResources }) => [ruleName, ...violatingResources])).toEqual([]);
    for (const stack of stacks)
      for (const { RetentionInDays } of ofType(resourcesOf(stack), 'AWS::Logs::LogGroup'))
        expect(RetentionInDays).toBeGreaterThan(0);
  });

  test('has texts for a month, and images, embeddings, sound and film where they are asked for', () => {
    expect(settingOf(plain)).toEqual({
      s3Config: { bucketName: expect.stringMatching(/^<Bucket/) },
      ...{ textDataDeliveryEnabled: true, imageDataDeliveryEnabled: false, embeddingDataDeliveryEnabled: false },
      ...{ audioDataDeliveryEnabled: false, videoDataDeliveryEnabled: false },
    });
    expect(settingOf(whole)).toMatchObject({ textDataDeliveryEnabled: false, imageDataDeliveryEnabled: true });
    expect(promptsOf(plain).bucket).toMatchObject({
      LifecycleConfiguration: {
        Rules: expect.arrayContaining([
          expect.objectContaining({ ExpirationInDays: 30, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }),
        ]),
      },
    });
  });

  test('is written by Bedrock for this account and region alone, and read by nobody but who was named', () => {
    const { statements } = promptsOf(plain);
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      expect.objectContaining({
        Principal: { Service: 'bedrock.amazonaws.com' },
        Action: ['s3:PutObject'],
        Condition: {
          StringEquals: { 'aws:SourceAccount': '111122223333' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:bedrock:us-east-1:111122223333:*' },
        },
      }),
    ]);
    expect(statements).toContainEqual(
      expect.objectContaining({
        ...{ Effect: 'Deny', Principal: '*', Action: ['s3:GetObject*'] },
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': READERS } },
      }),
    );
    expect(promptsOf(plain).bucket).toHaveProperty('LoggingConfiguration');
  });

  test('goes to a log group too where that is wanted, by a role that may write into that alone', () => {
    expect(settingOf(plain)).not.toHaveProperty('cloudWatchConfig');
    expect(settingOf(whole).cloudWatchConfig).toMatchObject({ largeDataDeliveryS3Config: { keyPrefix: 'large' } });
    const role = rolesOf(whole).find(({ name }) => name === 'tollgate-dev-invocations-us-east-1');
    expect(role?.own.map(({ Resource }) => Resource)).toEqual([
      [
        'arn:aws:logs:us-east-1:111122223333:log-group:/tollgate/dev/invocations:log-stream:aws/bedrock/modelinvocations',
      ],
    ]);
    const group = ofType(whole, 'AWS::Logs::LogGroup').find(
      ({ LogGroupName }) => LogGroupName === '/tollgate/dev/invocations',
    );
    expect(group).toMatchObject({ RetentionInDays: 60 });
  });

  test('is set by a function that may do that and nothing else, and whose role is of no use to another', () => {
    const own = (resources: Record<string, Resource>) =>
      rolesOf(resources).find(({ name }) => name === 'tollgate-dev-invocation-logging-us-east-1')?.own ?? [];
    const bedrock = own(plain).find(({ Action }) => Action.join().includes('bedrock:'));
    expect(bedrock?.Action).toHaveLength(3);
    expect(bedrock?.Condition).toEqual({
      ArnLike: {
        'lambda:SourceFunctionArn': ['', ':*'].map(
          (end) => `arn:aws:lambda:us-east-1:111122223333:function:tollgate-dev-invocation-logging${end}`,
        ),
      },
    });
    expect(JSON.stringify(own(plain))).not.toContain('iam:PassRole');
    expect(own(whole).find(({ Action }) => Action.includes('iam:PassRole'))).toMatchObject({
      Resource: [expect.stringMatching(/^<LogsRole/)],
      Condition: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
    });
  });

  test('is under a key of its region, which Bedrock and the readers may use; one that was given is of the stage’s region', () => {
    for (const resources of grouped.resources) {
      const statements = statementsOf(only(resources, 'AWS::KMS::Key').KeyPolicy);
      expect(statements).toContainEqual(
        expect.objectContaining({ Principal: { Service: 'bedrock.amazonaws.com' }, Action: ['kms:GenerateDataKey'] }),
      );
      expect(statements).toContainEqual(
        expect.objectContaining({
          Action: ['kms:Decrypt'],
          Condition: expect.objectContaining({ ArnEquals: { 'aws:PrincipalArn': READERS } }),
        }),
      );
      expect(JSON.stringify(promptsOf(resources).bucket)).toContain('aws:kms');
    }
    expect(
      given.resources.map((resources) => [
        JSON.stringify(resources).includes(KEY),
        ofType(resources, 'AWS::KMS::Key').length,
      ]),
    ).toEqual([
      [true, 0],
      [false, 1],
      [false, 1],
    ]);
    expect(only(whole, 'AWS::KMS::Alias')).not.toEqual(only(resourcesOf(grouped.stack), 'AWS::KMS::Alias'));
  });
});

describe('setting it', () => {
  const OURS: Logging = { s3Config: { bucketName: 'ours' } };
  const THEIRS: Logging = { s3Config: { bucketName: 'theirs' }, cloudWatchConfig: { logGroupName: '/their/logs' } };

  interface Case {
    name: string;
    type: ResourceEvent['RequestType'];
    there?: Logging;
    before?: Logging;
    /** Names of what Bedrock throws at each try; none: it takes it. */
    throws?: string[];
    leaves: Logging | undefined;
    status: 'SUCCESS' | 'FAILED';
    waits?: number;
    reason?: string;
  }

  const CASES: Case[] = [
    { name: 'makes it where there is none', type: 'Create', leaves: OURS, status: 'SUCCESS' },
    { name: 'makes it again where it is ours', type: 'Create', there: OURS, leaves: OURS, status: 'SUCCESS' },
    {
      name: 'leaves what another has set, and says what it is',
      ...{ type: 'Create', there: THEIRS, leaves: THEIRS, status: 'FAILED', reason: 'theirs and /their/logs' },
    },
    {
      name: 'leaves one that writes into a log group alone',
      ...{
        type: 'Create',
        there: { cloudWatchConfig: { logGroupName: '/a' } },
        leaves: { cloudWatchConfig: { logGroupName: '/a' } },
      },
      status: 'FAILED',
    },
    { name: 'changes its own', type: 'Update', there: OURS, before: OURS, leaves: OURS, status: 'SUCCESS' },
    {
      name: 'changes its own to another bucket',
      ...{
        type: 'Update',
        there: { s3Config: { bucketName: 'former' } },
        before: { s3Config: { bucketName: 'former' } },
      },
      ...{ leaves: OURS, status: 'SUCCESS' },
    },
    { name: 'puts back what somebody turned off', type: 'Update', before: OURS, leaves: OURS, status: 'SUCCESS' },
    {
      name: 'does not take it back from who took it over',
      type: 'Update',
      there: THEIRS,
      before: OURS,
      leaves: THEIRS,
      status: 'FAILED',
    },
    { name: 'takes its own away', type: 'Delete', there: OURS, leaves: undefined, status: 'SUCCESS' },
    { name: 'leaves another’s when it goes', type: 'Delete', there: THEIRS, leaves: THEIRS, status: 'SUCCESS' },
    { name: 'goes where there is none', type: 'Delete', leaves: undefined, status: 'SUCCESS' },
    {
      name: 'waits until Bedrock may write there',
      ...{
        type: 'Create',
        throws: ['ValidationException', 'ValidationException'],
        leaves: OURS,
        status: 'SUCCESS',
        waits: 2,
      },
    },
    {
      name: 'tells what Bedrock goes on refusing',
      ...{
        type: 'Create',
        throws: Array(20).fill('ValidationException'),
        leaves: undefined,
        status: 'FAILED',
        waits: 7,
      },
    },
    {
      name: 'does not try again what is not allowed',
      ...{ type: 'Create', throws: ['AccessDeniedException'], leaves: undefined, status: 'FAILED', waits: 0 },
    },
  ];

  test.each(CASES)('$name', async ({ type, there, before, throws = [], leaves, status, waits, reason }) => {
    let now = there;
    const waited: number[] = [];
    const answers: [string, Record<string, unknown>][] = [];
    const left = [...throws];
    const setting: LoggingSetting = {
      get: async () => now,
      put: async (logging) => {
        const name = left.shift();
        if (name !== undefined) throw Object.assign(new Error(`Bedrock says ${name}`), { name });
        now = logging;
      },
      remove: async () => {
        now = undefined;
      },
    };
    const configure = createConfigure({
      setting,
      answer: async (url, body) => {
        answers.push([url, JSON.parse(body)]);
      },
      wait: async (ms) => {
        waited.push(ms);
      },
    });
    await configure({
      ...{
        RequestType: type,
        ResponseURL: 'https://cloudformation.example/answer',
        StackId: 'stack',
        RequestId: 'request',
      },
      LogicalResourceId: 'Setting',
      ...(type === 'Create' ? {} : { PhysicalResourceId: 'as it was' }),
      ResourceProperties: { Logging: JSON.stringify(OURS) },
      ...(before === undefined ? {} : { OldResourceProperties: { Logging: JSON.stringify(before) } }),
    });
    expect(now).toEqual(leaves);
    expect(answers).toEqual([
      [
        'https://cloudformation.example/answer',
        expect.objectContaining({
          ...{ Status: status, StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Setting' },
          PhysicalResourceId: type === 'Create' ? 'bedrock-invocation-logging' : 'as it was',
          ...(status === 'FAILED' ? { Reason: expect.stringContaining(reason ?? '') } : {}),
        }),
      ],
    ]);
    if (waits !== undefined) expect(waited).toHaveLength(waits);
  });

  test('tells CloudFormation also when Bedrock cannot be asked, or the request is not to be read', async () => {
    const answers: string[] = [];
    const configure = createConfigure({
      setting: { get: () => Promise.reject(new Error('no answer')), put: async () => {}, remove: async () => {} },
      answer: async (_, body) => {
        answers.push(JSON.parse(body).Status);
      },
      wait: async () => {},
    });
    const event = {
      RequestType: 'Create',
      ResponseURL: 'u',
      StackId: 's',
      RequestId: 'r',
      LogicalResourceId: 'l',
    } as const;
    await configure({ ...event, ResourceProperties: { Logging: '{}' } });
    await configure({ ...event, ResourceProperties: { Logging: 'no JSON' } });
    expect(answers).toEqual(['FAILED', 'FAILED']);
  });

  test('is done by the function with Bedrock’s own client, and CloudFormation hears of it', async () => {
    const heard: [string, string, unknown, string | undefined][] = [];
    let kept: unknown;
    const server = createServer(async (request, response) => {
      const { method = '', url = '', headers } = request;
      const body = await text(request);
      heard.push([method, url, body === '' ? undefined : JSON.parse(body), headers['content-type']]);
      if (url.startsWith('/logging') && method === 'PUT') kept = JSON.parse(body).loggingConfig;
      if (method === 'DELETE') kept = undefined;
      response
        .setHeader('content-type', 'application/json')
        .end(method === 'GET' ? JSON.stringify({ loggingConfig: kept }) : '{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Object.assign(process.env, {
      ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' },
      AWS_ENDPOINT_URL_BEDROCK: here,
    });
    try {
      const { handler } = await import('../../infra/invocation-logging/handler.ts');
      const event = { ResponseURL: `${here}/answer`, StackId: 's', RequestId: 'r', LogicalResourceId: 'l' };
      const ResourceProperties = { Logging: JSON.stringify({ ...OURS, textDataDeliveryEnabled: true }) };
      await handler({ ...event, RequestType: 'Create', ResourceProperties });
      expect(kept).toEqual({ ...OURS, textDataDeliveryEnabled: true });
      await handler({ ...event, RequestType: 'Delete', ResourceProperties });
      expect(kept).toBeUndefined();
      const answers = heard.filter(([, url]) => url === '/answer');
      expect(answers).toEqual(Array(2).fill(['PUT', '/answer', expect.objectContaining({ Status: 'SUCCESS' }), '']));
    } finally {
      server.close();
    }
  });
});
