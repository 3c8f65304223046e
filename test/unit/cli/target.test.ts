import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveTarget } from '../../../cli/target.ts';

const local = { gateway: 'http://127.0.0.1:1', issuer: 'http://127.0.0.1:2', aws: 'http://127.0.0.1:3' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function running(file: unknown) {
  writeFileSync(join(folder, 'local.json'), typeof file === 'string' ? file : JSON.stringify(file));
  return { TOLLGATE_DATA: folder };
}

describe('the local gateway', () => {
  test('is what local.json says, with the table and bucket of the local stage', async () => {
    const target = await resolveTarget({}, running({ ...local, pid: process.pid }));
    expect(target).toMatchObject({
      kind: 'local',
      stage: 'local',
      region: 'us-east-1',
      table: 'tollgate-registry',
      countersTable: 'tollgate-counters',
      issuer: local.issuer,
      gateway: local.gateway,
      clientConfig: { region: 'us-east-1', endpoint: local.aws, credentials: { accessKeyId: 'tollgate-operator' } },
    });
    expect(await target.bucket()).toBe('tollgate-usage');
  });

  test.each([
    ['has not written its file', undefined],
    ['left a file and is gone', { ...local, pid: 2 ** 22 + 1 }],
    ['wrote something else', { ...local, pid: 'one' }],
    ['wrote half of it', '{"gateway":'],
    ['wrote null', 'null'],
  ])('that %s is not running, and the message says how to start it', async (_, file) => {
    const env = file === undefined ? { TOLLGATE_DATA: folder } : running(file);
    await expect(resolveTarget({}, env)).rejects.toMatchObject({
      code: 'unavailable',
      publicMessage: expect.stringMatching(/no local gateway is running; start it with npm start/),
    });
  });
});

describe('a stage', () => {
  test('has the names of its stack, and takes its credentials from the environment', async () => {
    const target = await resolveTarget({ stage: 'prod' }, { AWS_REGION: 'eu-west-1', TOLLGATE_BUCKET: 'ours' });
    expect(target).toMatchObject({ kind: 'stage', region: 'eu-west-1', table: 'tollgate-prod-registry' });
    expect(target.countersTable).toBe('tollgate-prod-counters');
    expect(target.clientConfig).toEqual({ region: 'eu-west-1' });
    expect(target.issuer).toBeUndefined();
    expect(await target.bucket()).toBe('ours');
  });

  test('options are stronger than the environment', async () => {
    const env = { AWS_REGION: 'eu-west-1', TOLLGATE_BUCKET: 'ours' };
    const target = await resolveTarget({ stage: 'prod', region: 'us-west-2', bucket: 'theirs' }, env);
    expect(target.region).toBe('us-west-2');
    expect(await target.bucket()).toBe('theirs');
  });

  test.each(['Prod', '', '-prod', 'a'.repeat(21), '../x', 'a b'])('cannot be called %j', async (stage) => {
    await expect(resolveTarget({ stage }, { AWS_REGION: 'eu-west-1' })).rejects.toMatchObject({
      code: 'bad_setting',
      field: '--stage',
    });
  });
});
