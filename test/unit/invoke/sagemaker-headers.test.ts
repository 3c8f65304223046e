import { expect, test } from 'vitest';
import type { AllowedModel } from '../../../contract/model.ts';
import type { Posted } from '../../../invoke/providers/post.ts';
import { createSageMaker } from '../../../invoke/providers/sagemaker.ts';
import type { Fields } from '../../../invoke/surfaces/fields.ts';
import { ASYNC_HEADERS, INVOKE_HEADERS, STREAM_HEADERS } from '../../../invoke/surfaces/sagemaker/headers.ts';
import { call, edge, mixtral, NOW, post, whole } from './edge.ts';

/** What a client of SageMaker Runtime sends and what leaves for SageMaker, surface and provider together. */

const REGION = 'us-east-1';
const credentials = { accessKeyId: 'A', secretAccessKey: 's', sessionToken: 't', expiresAt: NOW + 900_000 };

/** @returns what was posted for a call with these headers */
async function sent(
  path: string,
  headers: Record<string, string>,
  target: object,
  body: unknown = {},
): Promise<Posted> {
  const posted: Posted[] = [];
  const provider = createSageMaker({
    clock: () => NOW,
    async post(_, one) {
      posted.push(one);
      return { status: 200, headers: {}, body: (async function* () {})() };
    },
  });
  const model = { ...mixtral, target: { ...mixtral.target, ...target } } as AllowedModel;
  const { app } = edge(async (request) => {
    await provider.send({ target: model.target, request, credentials, signal: new AbortController().signal });
    return whole(model, {});
  }, model);
  const answer = await call(app, post(`/endpoints/mixtral-8x7b/${path}`, body, headers));
  expect(answer.statusCode, answer.text).toBe(200);
  return posted[0] as Posted;
}

const PART = {
  inferenceComponent: 'part',
  componentArn: `arn:aws:sagemaker:${REGION}:111122223333:inference-component/part`,
};
const ASYNC = { asyncInput: 's3://inputs/' };
const COMPONENT = { 'x-amzn-sagemaker-inference-component': 'part' };

const INPUT = { 'x-amzn-sagemaker-inputlocation': 's3://inputs/acme/a', 'x-amzn-sagemaker-content-type': 'text/csv' };

const OPERATIONS: [path: string, fields: Fields, target: object, special: Record<string, string>, body?: string][] = [
  ['invocations', INVOKE_HEADERS, { targetModel: 'a.tar.gz' }, { 'x-amzn-sagemaker-target-model': 'a.tar.gz' }],
  ['invocations', INVOKE_HEADERS, PART, COMPONENT],
  ['invocations-response-stream', STREAM_HEADERS, PART, COMPONENT],
  ['async-invocations', ASYNC_HEADERS, ASYNC, INPUT, ''],
];

/** Those that choose among what is granted one by one: each goes with an entry that has it. */
const CHOOSING = ['x-amzn-sagemaker-inference-component', 'x-amzn-sagemaker-target-model'];

test.each(OPERATIONS)(
  'every header of %s that its table has reaches SageMaker',
  async (path, fields, target, special, body) => {
    const names = Object.keys(fields).filter((name) => !CHOOSING.includes(name));
    const asked = { ...Object.fromEntries(names.map((name) => [name, '7'])), ...special };
    const { path: called, headers } = await sent(path, asked, target, body ?? {});
    expect(called).toBe(`/endpoints/mixtral-8x7b/${path}`);
    // The one that is changed on its way.
    const folder = 'x-amzn-sagemaker-s3outputpathextension';
    const expected = folder in asked ? { ...asked, [folder]: 'acme/7' } : asked;
    expect(headers).toMatchObject(expected);
  },
);

test('what is granted one by one is named also where its caller does not, and an answer later is always in a folder of the tenant', async () => {
  expect((await sent('invocations', {}, PART)).headers).toMatchObject(COMPONENT);
  const { headers } = await sent('async-invocations', {}, ASYNC, {});
  expect(headers).toMatchObject({ 'x-amzn-sagemaker-s3outputpathextension': 'acme' });
  expect(Object.keys(headers)).not.toContain('x-amzn-sagemaker-inputlocation');
});

test('Accept is its own of the call that is answered at once', async () => {
  expect((await sent('invocations', { accept: 'image/png' }, {})).headers).toMatchObject({ accept: 'image/png' });
});
