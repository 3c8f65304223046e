import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
} from '@aws-sdk/client-bedrock-runtime';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallRecord } from '../../local/aws/calls.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';
import { nameOf } from './outcome.ts';

const ACCOUNT = '111122223333';
const REGION = 'us-east-1';
const INVOKER = `arn:aws:iam::${ACCOUNT}:role/tollgate-local-invoker`;
const NOVA = 'amazon.nova-lite-v1:0';
const NOVA_ARN = `arn:aws:bedrock:us-east-1::foundation-model/${NOVA}`;
const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const SONNET_ARN = `arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/${SONNET}`;
const sonnetIn = (region: string): string =>
  `arn:aws:bedrock:${region}::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0`;

let folder: string;
let aws: Aws;
let now = Date.now();
const closing: { destroy(): void }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-aws-'));
  aws = await startAws({ port: 0, dataDir: folder, account: ACCOUNT, region: REGION, clock: () => now });
});

afterAll(async () => {
  for (const client of closing) client.destroy();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

function sts(credentials = aws.credentialsFor('tollgate-local-invoke')): STSClient {
  const client = new STSClient({ endpoint: aws.url, region: REGION, credentials, maxAttempts: 1 });
  closing.push(client);
  return client;
}

function bedrock(
  credentials: NonNullable<BedrockRuntimeClientConfig['credentials']>,
  more: BedrockRuntimeClientConfig = {},
): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({ endpoint: aws.url, region: REGION, credentials, maxAttempts: 1, ...more });
  closing.push(client);
  return client;
}

const allow = (action: string | string[], resource: string | string[], condition?: object): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...(condition === undefined ? {} : { Condition: condition }),
});
const policy = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });

const asked = (text: string): AssumeRoleCommandInput => ({
  RoleArn: INVOKER,
  RoleSessionName: 'tg-acme.user',
  SourceIdentity: 'tg-acme.user',
  DurationSeconds: 900,
  Tags: [
    { Key: 'TenantId', Value: 'acme' },
    { Key: 'CostCenter', Value: 'cc-1' },
  ],
  Policy: text,
});

async function assume(text: string, more: Partial<AssumeRoleCommandInput> = {}) {
  const { Credentials } = await sts().send(new AssumeRoleCommand({ ...asked(text), ...more }));
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

const say = (modelId: string, text = 'hello there') => ({
  modelId,
  messages: [{ role: 'user' as const, content: [{ text }] }],
});

async function callsAfter(seq: number): Promise<CallRecord[]> {
  return (await (await fetch(`${aws.url}/_local/calls?after=${seq}`)).json()) as CallRecord[];
}
const lastSeq = async (): Promise<number> => (await callsAfter(0)).at(-1)?.seq ?? 0;

describe('a session of the invoker role', () => {
  test('calls the one model that its session policy names, over HTTP/2 and HTTP/1.1', async () => {
    const before = await lastSeq();
    const credentials = await assume(policy(allow('bedrock:InvokeModel', NOVA_ARN)));
    const overHttp2 = await bedrock(credentials).send(new ConverseCommand(say(NOVA)));
    expect(overHttp2.output?.message?.content).toEqual([{ text: 'echo: hello there' }]);
    expect(overHttp2.usage).toMatchObject({ inputTokens: 2, outputTokens: 3, totalTokens: 5 });
    const overHttp1 = await bedrock(credentials, { requestHandler: new NodeHttpHandler() }).send(
      new ConverseCommand(say(NOVA)),
    );
    expect(overHttp1.stopReason).toBe('end_turn');
    const [assumed, converse] = await callsAfter(before);
    expect(assumed).toMatchObject({ service: 'sts', operation: 'AssumeRole', decision: 'allowed', outcome: 'done' });
    expect(converse).toMatchObject({
      service: 'bedrock',
      operation: 'Converse',
      region: REGION,
      resources: [NOVA_ARN],
      caller: {
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/tollgate-local-invoker/tg-acme.user`,
        sessionName: 'tg-acme.user',
        sourceIdentity: 'tg-acme.user',
        tags: { TenantId: 'acme', CostCenter: 'cc-1' },
        sessionPolicy: { Statement: [{ Resource: NOVA_ARN }] },
      },
      decision: 'allowed',
      usage: { inputTokens: 2, outputTokens: 3 },
      outcome: 'done',
    });
  });

  test('is denied another model, another action, and every model when its policy names none', async () => {
    const credentials = await assume(policy(allow('bedrock:InvokeModel', NOVA_ARN)));
    const client = bedrock(credentials);
    expect(await nameOf(client.send(new ConverseCommand(say('amazon.nova-pro-v1:0'))))).toBe('AccessDeniedException');
    expect(await nameOf(client.send(new ConverseStreamCommand(say(NOVA))))).toBe('AccessDeniedException');
    const other = bedrock(await assume(policy(allow('s3:GetObject', '*'))));
    expect(await nameOf(other.send(new ConverseCommand(say(NOVA))))).toBe('AccessDeniedException');
  });

  test('needs the profile and the model of every region it runs in, under the profile', async () => {
    const through = { StringEquals: { 'bedrock:InferenceProfileArn': SONNET_ARN } };
    const all = ['us-east-1', 'us-east-2', 'us-west-2'].map(sonnetIn);
    const complete = bedrock(
      await assume(policy(allow('bedrock:InvokeModel', SONNET_ARN), allow('bedrock:InvokeModel', all, through))),
    );
    for (let call = 0; call < 3; call++)
      expect(await nameOf(complete.send(new ConverseCommand(say(SONNET))))).toBe('answered');
    expect(await nameOf(complete.send(new ConverseCommand(say('anthropic.claude-sonnet-4-5-20250929-v1:0'))))).toBe(
      'AccessDeniedException',
    );
    const oneMissing = bedrock(
      await assume(
        policy(allow('bedrock:InvokeModel', SONNET_ARN), allow('bedrock:InvokeModel', all.slice(0, 2), through)),
      ),
    );
    const names: string[] = [];
    for (let call = 0; call < 3; call++) names.push(await nameOf(oneMissing.send(new ConverseCommand(say(SONNET)))));
    expect(names.sort()).toEqual(['AccessDeniedException', 'answered', 'answered']);
  });

  test('is refused when it has expired, was never issued, or signs with another secret', async () => {
    const credentials = await assume(policy(allow('bedrock:InvokeModel', NOVA_ARN)));
    const wrongSecret = bedrock({ ...credentials, secretAccessKey: 'x'.repeat(40) });
    expect(await nameOf(wrongSecret.send(new ConverseCommand(say(NOVA))))).toBe('InvalidSignatureException');
    const noToken = bedrock({ accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey });
    expect(await nameOf(noToken.send(new ConverseCommand(say(NOVA))))).toBe('UnrecognizedClientException');
    const unknown = bedrock({ accessKeyId: 'AKIATEST', secretAccessKey: 'test' });
    expect(await nameOf(unknown.send(new ConverseCommand(say(NOVA))))).toBe('UnrecognizedClientException');
    now += 901_000;
    try {
      const late = bedrock(credentials, { systemClockOffset: 901_000 });
      expect(await nameOf(late.send(new ConverseCommand(say(NOVA))))).toBe('ExpiredTokenException');
      const skewed = bedrock(credentials);
      expect(await nameOf(skewed.send(new ConverseCommand(say(NOVA))))).toBe('InvalidSignatureException');
    } finally {
      now -= 901_000;
    }
  });

  test('counts tokens on the foundation model alone', async () => {
    const client = bedrock(await assume(policy(allow('bedrock:CountTokens', sonnetIn(REGION)))));
    const input = { converse: { messages: say(NOVA, 'one two three').messages, system: [{ text: 'be brief' }] } };
    const modelId = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
    expect((await client.send(new CountTokensCommand({ modelId, input }))).inputTokens).toBe(5);
    expect(await nameOf(client.send(new CountTokensCommand({ modelId: SONNET, input })))).toBe('AccessDeniedException');
  });

  test('applies a guardrail only with a permission for it, and only one that there is', async () => {
    const guarded = (id: string) => ({
      ...say(NOVA),
      guardrailConfig: { guardrailIdentifier: id, guardrailVersion: '1' },
    });
    const guardrail = (id: string) => `arn:aws:bedrock:us-east-1:${ACCOUNT}:guardrail/${id}`;
    const must = allow('bedrock:InvokeModel', NOVA_ARN, {
      StringEquals: { 'bedrock:GuardrailIdentifier': [`${guardrail('demo')}:1`, `${guardrail('none')}:1`] },
    });
    const applying = allow('bedrock:ApplyGuardrail', [guardrail('demo'), guardrail('none')]);
    const client = bedrock(await assume(policy(must, applying)));
    expect(await nameOf(client.send(new ConverseCommand(guarded('demo'))))).toBe('answered');
    const [call] = (await callsAfter(0)).slice(-1);
    expect(call?.resources).toEqual([NOVA_ARN, guardrail('demo')]);
    expect(await nameOf(client.send(new ConverseCommand(guarded('none'))))).toBe('ValidationException');
    expect(await nameOf(client.send(new ConverseCommand(say(NOVA))))).toBe('AccessDeniedException');
    const without = bedrock(await assume(policy(must)));
    expect(await nameOf(without.send(new ConverseCommand(guarded('demo'))))).toBe('AccessDeniedException');
  });

  test('answers by a guardrail in the place of a model that is told what it blocks, and of no other', async () => {
    const guardrail = `arn:aws:bedrock:us-east-1:${ACCOUNT}:guardrail/demo`;
    const runs = allow(['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'], NOVA_ARN);
    const client = bedrock(await assume(policy(runs, allow('bedrock:ApplyGuardrail', guardrail))));
    const guardrailConfig = { guardrailIdentifier: guardrail, guardrailVersion: '1', trace: 'enabled' as const };
    const blocked = say(NOVA, 'a [[blocked]] word');
    const whole = await client.send(new ConverseCommand({ ...blocked, guardrailConfig }));
    const block = [{ text: 'blocked by the guardrail' }];
    expect(whole).toMatchObject({ stopReason: 'guardrail_intervened', output: { message: { content: block } } });
    expect(whole.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 });
    const found = {
      guardrail: { inputAssessment: { demo: { wordPolicy: { customWords: [{ action: 'BLOCKED' }] } } } },
    };
    expect(whole.trace).toMatchObject(found);
    const { stream } = await client.send(new ConverseStreamCommand({ ...blocked, guardrailConfig }));
    const events = [];
    for await (const event of stream ?? []) events.push(event);
    expect(events.slice(-2)).toMatchObject([
      { messageStop: { stopReason: 'guardrail_intervened' } },
      { metadata: { trace: found } },
    ]);
    expect((await client.send(new ConverseCommand(blocked))).stopReason).toBe('end_turn');
    expect((await client.send(new ConverseCommand({ ...say(NOVA), guardrailConfig }))).stopReason).toBe('end_turn');
  });
});

describe('AssumeRole', () => {
  const good = policy(allow('bedrock:InvokeModel', NOVA_ARN));
  const refused: [string, string, Partial<AssumeRoleCommandInput>][] = [
    ['without the tenant tag', 'AccessDenied', { Tags: [{ Key: 'CostCenter', Value: 'c' }] }],
    [
      'with a tag of another name',
      'AccessDenied',
      { Tags: [...(asked(good).Tags ?? []), { Key: 'Admin', Value: 'yes' }] },
    ],
    ['without a source identity', 'AccessDenied', { SourceIdentity: undefined }],
    ['under a foreign session name', 'AccessDenied', { RoleSessionName: 'root' }],
    ['of a role that does not exist', 'AccessDenied', { RoleArn: `${INVOKER}x` }],
    ['for longer than a chained session may live', 'ValidationError', { DurationSeconds: 3601 }],
    ['for less than 900 seconds', 'ValidationError', { DurationSeconds: 899 }],
    ['with an illegal session name', 'ValidationError', { RoleSessionName: 'a b' }],
    ['with a policy that is not JSON', 'MalformedPolicyDocumentException', { Policy: '{' }],
    [
      'with a policy that names a principal',
      'MalformedPolicyDocumentException',
      { Policy: policy({ ...allow('s3:*', '*'), Principal: '*' }) },
    ],
    ['with a policy of 2,049 characters', 'PackedPolicyTooLargeException', { Policy: good.padEnd(2049) }],
  ];
  test.each(refused)('%s is %s', async (_name, expected, change) => {
    expect(await nameOf(sts().send(new AssumeRoleCommand({ ...asked(good), ...change })))).toBe(expected);
  });

  test('with a policy of 2,048 characters is answered, with the share of the limit it takes', async () => {
    const answer = await sts().send(new AssumeRoleCommand(asked(good.padEnd(2048))));
    expect(answer.SessionTokenUtilization).toBe(100);
    expect(answer.SourceIdentity).toBe('tg-acme.user');
    expect(answer.AssumedRoleUser?.Arn).toContain('assumed-role/tollgate-local-invoker/tg-acme.user');
  });

  test('is refused to every role but the invoke function, and to keys that nobody issued', async () => {
    const authorizer = sts(aws.credentialsFor('tollgate-local-authorizer'));
    expect(await nameOf(authorizer.send(new AssumeRoleCommand(asked(good))))).toBe('AccessDenied');
    const stranger = sts({ accessKeyId: 'tollgate-operator', secretAccessKey: 'x', sessionToken: '' });
    expect(await nameOf(stranger.send(new AssumeRoleCommand(asked(good))))).toBe('InvalidClientTokenId');
  });

  test('tells each caller who it is', async () => {
    const me = await sts().send(new GetCallerIdentityCommand({}));
    expect(me.Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/tollgate-local-invoke/tollgate-local-invoke`);
    const operator = await sts({ accessKeyId: 'test', secretAccessKey: 'x', sessionToken: '' }).send(
      new GetCallerIdentityCommand({}),
    );
    expect(operator.Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/operator`);
  });
});

describe('what is for this machine alone', () => {
  /** Not `fetch`, which lets nobody choose a host. @returns the status */
  const ask = (headers: Record<string, string>, method = 'GET', path = '/_local/calls'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(aws.url);
      const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end();
    });

  test('is told to its own names', async () => {
    const { port } = new URL(aws.url);
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])
      expect(await ask({ host: `${name}:${port}` }), name).toBe(200);
    expect(await ask({ host: `localhost:${port}`, origin: `http://localhost:${port}` })).toBe(200);
  });

  test('is told to no page that has another origin, or whose own name was made to lead here', async () => {
    const { port } = new URL(aws.url);
    const host = `127.0.0.1:${port}`;
    for (const name of [`rebound.example:${port}`, 'rebound.example', '127.0.0.1', `127.0.0.1:${Number(port) - 2}`])
      expect(await ask({ host: name }), name).toBe(403);
    for (const origin of ['https://evil.example', `http://evil.example:${port}`, 'null', `https://${host}`, ''])
      expect(await ask({ host, origin }), origin).toBe(403);
    const before = await callsAfter(0);
    for (const path of ['/_local/faults', '/_local/flush'])
      expect(await ask({ host, origin: 'https://evil.example' }, 'POST', path)).toBe(403);
    expect(await ask({ host, origin: 'https://evil.example' }, 'DELETE', '/_local/faults')).toBe(403);
    expect(await callsAfter(0)).toEqual(before);
  });
});
