import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { REGIONS } from '../../local/aws/roles.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';
import { STAGE_KINDS } from '../../policies/kinds.ts';
import { invokerRolePolicies, invokerTrustPolicy } from '../../policies/roles.ts';
import { sessionPolicy } from '../../policies/session.ts';

const ACCOUNT = '111122223333';
const ROLE = 'tollgate-local-invoker';
const INVOKE = 'tollgate-local-invoke';
const NOVA = 'amazon.nova-lite-v1:0';
const OPERATOR = { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' };

let folder: string;
let aws: Aws;
let iam: IAMClient;
let now = Date.UTC(2026, 10, 21, 12);
const closing: { destroy(): void }[] = [];
// The laptop's clock is the test's; a signature's date has to be near it.
const config = () => ({
  endpoint: aws.url,
  region: 'us-east-1',
  maxAttempts: 1,
  systemClockOffset: now - Date.now(),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-iam-'));
  aws = await startAws({ port: 0, dataDir: folder, account: ACCOUNT, region: 'us-east-1', clock: () => now });
  iam = new IAMClient({ ...config(), credentials: OPERATOR });
  closing.push(iam);
});

beforeEach(async () => {
  now += 3_600_000;
  await iam.send(new DeleteRolePolicyCommand({ RoleName: ROLE, PolicyName: 'p' })).catch(() => {});
});

afterAll(async () => {
  for (const client of closing) client.destroy();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

const ALLOW_NOVA = {
  Effect: 'Allow',
  Action: ['bedrock:InvokeModel'],
  Resource: [`arn:aws:bedrock:us-east-1::foundation-model/${NOVA}`],
};

/** The credentials of a session of the invoker role for a tenant. */
async function credentialsOf(tenant: string, name: string, policy: string) {
  const sts = new STSClient({ ...config(), credentials: aws.credentialsFor(INVOKE) });
  closing.push(sts);
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/${ROLE}`,
      RoleSessionName: name,
      SourceIdentity: `tg-${tenant}-x`,
      DurationSeconds: 900,
      Policy: policy,
      Tags: [
        { Key: 'TenantId', Value: tenant },
        { Key: 'CostCenter', Value: 'cc' },
      ],
    }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

/** A call of a model with such a session, which is for Nova unless a policy is given. */
async function session(
  tenant: string,
  name = `tg-${tenant}-x`,
  { policy = JSON.stringify({ Version: '2012-10-17', Statement: [ALLOW_NOVA] }), modelId = NOVA } = {},
): Promise<() => Promise<unknown>> {
  const credentials = await credentialsOf(tenant, name, policy);
  return () => {
    const client = new BedrockRuntimeClient({ ...config(), credentials, requestHandler: new NodeHttpHandler() });
    closing.push(client);
    return client.send(new ConverseCommand({ modelId, messages: [{ role: 'user', content: [{ text: 'hi' }] }] }));
  };
}

const deny = (Condition: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: ['*'], Resource: ['*'], Condition }] });
const put = (document: string, role = ROLE) =>
  iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: 'p', PolicyDocument: document }));
const iso = (ms: number): string => new Date(ms).toISOString();
const DENIED = {
  name: 'AccessDeniedException',
  message: expect.stringContaining('the role policy explicitly denies it'),
};

describe('an endpoint of Bedrock Marketplace', () => {
  const arn = (name: string) => `arn:aws:sagemaker:us-east-1:${ACCOUNT}:endpoint/${name}`;
  const { text: policy } = sessionPolicy({ kind: 'bedrock-endpoint', region: 'us-east-1', arn: arn('mixtral-8x7b') }, [
    'invoke',
  ]);

  test('is called by Bedrock under its session, which opens no other endpoint, nor this one by SageMaker', async () => {
    const converse = async (name: string) => (await session('acme', 'tg-acme-x', { policy, modelId: arn(name) }))();
    expect(await converse('mixtral-8x7b')).toMatchObject({ stopReason: 'end_turn' });
    const denied = { name: 'AccessDeniedException', message: expect.stringContaining('sagemaker:InvokeEndpoint') };
    await expect(converse('mixtral-8x7c')).rejects.toMatchObject(denied);
    const credentials = await credentialsOf('acme', 'tg-acme-x', policy);
    const sagemaker = new SageMakerRuntimeClient({ ...config(), credentials });
    closing.push(sagemaker);
    const call = { EndpointName: 'mixtral-8x7b', ContentType: 'application/json', Body: '{"inputs":"hi"}' };
    await expect(sagemaker.send(new InvokeEndpointCommand(call))).rejects.toMatchObject(denied);
  });
});

describe('a role, read', () => {
  test('has the trust policy and the policies that it is judged by, those put on it included', async () => {
    const role = await iam.send(new GetRoleCommand({ RoleName: ROLE }));
    const trust = JSON.parse(decodeURIComponent(role.Role?.AssumeRolePolicyDocument ?? ''));
    // Both doors make calls here.
    const trustedRoleArn = [INVOKE, INVOKE.replace('invoke', 'container')].map(
      (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
    );
    expect(trust).toEqual(invokerTrustPolicy({ trustedRoleArn }));
    expect(role.Role?.Arn).toBe(`arn:aws:iam::${ACCOUNT}:role/${ROLE}`);
    await put(deny({}));
    const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName: ROLE }));
    expect(PolicyNames).toEqual(['p']);
    const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: ROLE }));
    const documents = await Promise.all(
      AttachedPolicies.map(async ({ PolicyArn }) => {
        const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
        const version = { PolicyArn, VersionId: Policy?.DefaultVersionId };
        const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand(version));
        return JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? ''));
      }),
    );
    const everything = { partition: 'aws', account: ACCOUNT, regions: REGIONS, kinds: STAGE_KINDS } as const;
    expect(documents).toEqual(invokerRolePolicies(everything));
    const own = { RoleName: INVOKE, PolicyName: 'own' };
    expect((await iam.send(new GetRolePolicyCommand(own))).PolicyDocument).toContain('dynamodb');
  });

  test('keeps the policies that the template gives it', async () => {
    const own = { RoleName: INVOKE, PolicyName: 'own', PolicyDocument: deny({}) };
    await expect(iam.send(new PutRolePolicyCommand(own))).rejects.toMatchObject({
      name: expect.stringMatching(/^UnmodifiableEntity/),
    });
  });
});

describe('inline policies of a role', () => {
  test('are given back as they were put, and not after they were deleted', async () => {
    const text = deny({ DateLessThan: { 'aws:TokenIssueTime': iso(now) } });
    await put(text);
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName: ROLE, PolicyName: 'p' }));
    expect(decodeURIComponent(PolicyDocument)).toBe(text);
    await iam.send(new DeleteRolePolicyCommand({ RoleName: ROLE, PolicyName: 'p' }));
    await expect(iam.send(new GetRolePolicyCommand({ RoleName: ROLE, PolicyName: 'p' }))).rejects.toMatchObject({
      name: expect.stringMatching(/^NoSuchEntity/),
      $metadata: { httpStatusCode: 404 },
    });
  });

  test.each([
    ['an unknown role', deny({}), 'no-role', /^NoSuchEntity/],
    ['a document that is none', '{"Statement":[{"Effect":"Perhaps"}]}', ROLE, /^MalformedPolicyDocument/],
    ['more than a role may have', deny({ StringLike: { 'aws:userid': 'x'.repeat(10_240) } }), ROLE, /^LimitExceeded/],
  ])('are refused: %s', async (_, document, role, name) => {
    await expect(put(document, role)).rejects.toMatchObject({ name: expect.stringMatching(name) });
  });
});

describe('a deny on the role, by what IAM knows of a session', () => {
  test('is in force for a session issued before it, and not for one issued later', async () => {
    const older = await session('acme');
    await older();
    now += 1_000;
    await put(deny({ DateLessThan: { 'aws:TokenIssueTime': iso(now) } }));
    await expect(older()).rejects.toMatchObject(DENIED);
    await (await session('acme'))();
  });

  test("reaches the sessions of one tenant by the session's tag", async () => {
    const [acme, globex] = [await session('acme'), await session('globex')];
    await put(deny({ StringEquals: { 'aws:PrincipalTag/TenantId': 'acme' } }));
    await expect(acme()).rejects.toMatchObject(DENIED);
    await globex();
  });

  test("reaches sessions by their name, the second part of the user's id", async () => {
    const [named, other] = [await session('acme', 'tg-acme@direct-x'), await session('acme')];
    await put(deny({ StringLike: { 'aws:userid': '*:tg-*@direct-*' } }));
    await expect(named()).rejects.toMatchObject(DENIED);
    await other();
  });

  test('knows the time of the request', async () => {
    const call = await session('acme');
    await put(deny({ DateGreaterThanEquals: { 'aws:CurrentTime': iso(now + 60_000) } }));
    await call();
    now += 60_000;
    await expect(call()).rejects.toMatchObject(DENIED);
  });
});

describe("a function's role that is passed to another function", () => {
  // Everything that leads to a model or to a grant, as the invoke function may use it.
  const asking = (functionName: string | null | undefined) => {
    const credentials = aws.credentialsFor('tollgate-local-invoke', functionName);
    const sts = new STSClient({ ...config(), credentials });
    const table = new DynamoDBClient({ ...config(), credentials });
    closing.push(sts, table);
    return {
      assume: () =>
        sts.send(
          new AssumeRoleCommand({
            RoleArn: `arn:aws:iam::${ACCOUNT}:role/${ROLE}`,
            RoleSessionName: 'tg-acme-x',
            SourceIdentity: 'tg-acme-x',
            Tags: [
              { Key: 'TenantId', Value: 'acme' },
              { Key: 'CostCenter', Value: 'cc' },
            ],
          }),
        ),
      read: () =>
        table.send(new GetItemCommand({ TableName: 'tollgate-registry', Key: { pk: { S: 'a' }, sk: { S: 'b' } } })),
    };
  };

  test('is of use to the function that it is for', async () => {
    const { assume, read } = asking(undefined);
    expect((await assume()).Credentials?.AccessKeyId).toMatch(/^ASIA/);
    // There is no table yet: IAM had nothing against it.
    await expect(read()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test.each([
    ['another function', 'somebody-elses'],
    ['whoever is no function', null],
  ])('and of none to %s', async (_, functionName) => {
    const { assume, read } = asking(functionName);
    await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(read()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
