import { describe, expect, test } from 'vitest';
import { AwsJsonError, type CallAws } from '../../../aws/json.ts';
import { CONTEXT_KEY_ATTEMPTS } from '../../../contract/limits/seal.ts';
import { createRotate, randomKey } from '../../../seal/rotate.ts';
import { createSecretReader } from '../../../seal/secret.ts';
import { SECRET } from '../../seal.ts';

const NONE = new AwsJsonError('GetSecretValue', 400, 'ResourceNotFoundException');

/** @param answer what to answer to the nth request of a label, from 1 */
function reading(answer: (label: string, nth: number) => object | Error | Promise<never>) {
  const asked: string[] = [];
  const call: CallAws = async (_, input) => {
    const { VersionStage } = input as { VersionStage: string };
    asked.push(VersionStage);
    const given = await answer(VersionStage, asked.filter((label) => label === VersionStage).length);
    if (given instanceof Error) throw given;
    return given as Record<string, unknown>;
  };
  return { asked, read: createSecretReader({ call, secretId: 'key', timeoutMs: 200 }) };
}

const unavailable = (reason: string, type?: string) =>
  expect.objectContaining({ code: 'unavailable', reason, detail: { type } });

describe('reading the key', () => {
  test('before the first rotation there is no former one', async () => {
    const { read } = reading((label) => (label === 'AWSCURRENT' ? SECRET : NONE));
    const { current, previous } = await read();
    expect(current.version).toBe(SECRET.VersionId);
    expect(current.key.export().toString()).toBe(SECRET.SecretString);
    expect(previous).toBeUndefined();
  });

  test('after it there are two', async () => {
    const { read } = reading((label) => ({ ...SECRET, VersionId: label }));
    const { current, previous } = await read();
    expect([current.version, previous?.version]).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  test('a broken connection is tried once more, a refusal is not', async () => {
    const broken = reading((_, nth) => (nth === 1 ? new Error('ECONNRESET') : SECRET));
    expect((await broken.read()).current.version).toBe(SECRET.VersionId);
    const down = reading(() => new AwsJsonError('GetSecretValue', 500, 'InternalServiceError'));
    await expect(down.read()).rejects.toEqual(unavailable('context-key', 'InternalServiceError'));
    expect(down.asked.filter((label) => label === 'AWSCURRENT')).toHaveLength(CONTEXT_KEY_ATTEMPTS);
    const denied = reading(() => new AwsJsonError('GetSecretValue', 400, 'AccessDeniedException'));
    await expect(denied.read()).rejects.toEqual(unavailable('context-key', 'AccessDeniedException'));
    expect(denied.asked.filter((label) => label === 'AWSCURRENT')).toHaveLength(1);
  });

  test('a former key that cannot be read is not taken for none', async () => {
    const { read } = reading((label) =>
      label === 'AWSCURRENT' ? SECRET : new AwsJsonError('GetSecretValue', 400, 'AccessDeniedException'),
    );
    await expect(read()).rejects.toEqual(unavailable('context-key', 'AccessDeniedException'));
  });

  test('a key that is too short is not used, and never shown', async () => {
    const { read } = reading(() => ({ ...SECRET, SecretString: 'hunter2' }));
    const error = await read().catch((thrown: Error) => thrown);
    expect(error).toEqual(unavailable('context-key-unusable', 'TollgateError'));
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  test('an answer that does not come is not waited for', async () => {
    const { read } = reading(() => new Promise<never>(() => {}));
    await expect(read()).rejects.toEqual(unavailable('context-key', 'TimeoutError'));
  });
});

describe('making it new', () => {
  const TOKEN = 'b7a6f1d2-0000-4000-8000-000000000001';

  async function rotated(Step: string, answer: (operation: string) => object | Error = () => ({})) {
    const calls: [string, Record<string, unknown>][] = [];
    const rotate = createRotate({
      async call(operation, input) {
        calls.push([operation, input as Record<string, unknown>]);
        const given = answer(operation);
        if (given instanceof Error) throw given;
        return given as Record<string, unknown>;
      },
      newKey: () => 'new',
    });
    await rotate({ Step, SecretId: 'arn', ClientRequestToken: TOKEN });
    return calls;
  }

  test('a version is made and waits, and nothing is set or tested elsewhere', async () => {
    expect(await rotated('createSecret')).toEqual([
      [
        'PutSecretValue',
        { SecretId: 'arn', ClientRequestToken: TOKEN, SecretString: 'new', VersionStages: ['AWSPENDING'] },
      ],
    ]);
    expect(await rotated('setSecret')).toEqual([]);
    expect(await rotated('testSecret')).toEqual([]);
  });

  test('one that an earlier try made is left as it is', async () => {
    const there = () => new AwsJsonError('PutSecretValue', 400, 'ResourceExistsException');
    expect(await rotated('createSecret', there)).toHaveLength(1);
    const throttled = () => new AwsJsonError('PutSecretValue', 400, 'ThrottlingException');
    await expect(rotated('createSecret', throttled)).rejects.toMatchObject({ type: 'ThrottlingException' });
  });

  test('it becomes the current one, which is done once', async () => {
    const versions = (of: string) => () => ({ VersionIdsToStages: { old: [of], [TOKEN]: ['AWSPENDING'] } });
    const [, moved] = await rotated('finishSecret', versions('AWSCURRENT'));
    expect(moved).toEqual([
      'UpdateSecretVersionStage',
      { SecretId: 'arn', VersionStage: 'AWSCURRENT', MoveToVersionId: TOKEN, RemoveFromVersionId: 'old' },
    ]);
    const done = () => ({ VersionIdsToStages: { old: ['AWSPREVIOUS'], [TOKEN]: ['AWSCURRENT', 'AWSPENDING'] } });
    expect(await rotated('finishSecret', done)).toHaveLength(1);
  });

  test.each([
    {},
    null,
    { Step: 'createSecret', SecretId: 'arn' },
    { Step: 'x', SecretId: 'a', ClientRequestToken: 'b' },
  ])('an event that is none of Secrets Manager’s is refused: %j', async (event) => {
    const rotate = createRotate({ call: async () => ({}), newKey: () => 'new' });
    await expect(rotate(event)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('a key is as long as the template’s, and another each time', () => {
    const made = Array.from({ length: 100 }, randomKey);
    expect(new Set(made).size).toBe(100);
    for (const key of made) expect(key).toMatch(/^[A-Za-z0-9]{64}$/);
  });
});
