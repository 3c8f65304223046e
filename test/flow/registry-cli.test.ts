import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseTenantId } from '../../contract/identity.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';
import { createRegistry } from '../../registry/dynamo.ts';
import { readFile } from '../../registry/file/read.ts';
import { seedDemo } from '../../registry/seed.ts';
import { createItems, tableDefinition } from '../../registry/table.ts';
import { createWriter } from '../../registry/writer.ts';
import { command, compileCache, type Ran } from './command.ts';

const ACCOUNT = '111122223333';
const TABLE = 'tollgate-registry';
const ACME = parseTenantId('acme');

let folder: string;
let aws: Aws;
let client: DynamoDBClient;

/** The command as an operator runs it: another process, the table over HTTP. */
function tollgate(...args: string[]): Promise<Ran> {
  return command(folder, args);
}

/** The same with what comes by a pipe, which a process has for itself. */
function tollgateWith(input: string, ...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, ['cli/tollgate.mjs', ...args], {
    cwd: new URL('../..', import.meta.url),
    env: { ...process.env, TOLLGATE_DATA: folder, NODE_COMPILE_CACHE: compileCache },
  });
  const ended: Ran = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ended.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    ended.stderr += chunk.toString();
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ended, code }));
  });
}

function acme() {
  return createRegistry({ client, table: TABLE, clock: Date.now, onUnusable: () => {} }).tenant(ACME);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-registry-'));
  aws = await startAws({ port: 0, dataDir: folder, account: ACCOUNT, region: 'us-east-1' });
  client = new DynamoDBClient({
    endpoint: aws.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' },
  });
  await client.send(new CreateTableCommand(tableDefinition(TABLE)));
  const active = async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));
    expect(Table?.TableStatus).toBe('ACTIVE');
  };
  await vi.waitFor(active, { timeout: 15_000 });
  const writer = createWriter({ items: createItems({ client, table: TABLE }), clock: Date.now, actor: 'seed' });
  await seedDemo(writer, { account: ACCOUNT, nowMs: Date.now() });
  const urls = { gateway: 'http://127.0.0.1:9', issuer: 'http://127.0.0.1:9', aws: aws.url };
  writeFileSync(join(folder, 'local.json'), JSON.stringify({ ...urls, pid: process.pid }));
});

afterAll(async () => {
  client.destroy();
  await aws.close();
  rmSync(folder, { recursive: true });
});

describe('the operator’s command line on the registry', () => {
  test('L1 retire is what the next reader sees, and restore undoes it', async () => {
    expect(await tollgate('model', 'retire', 'nova-lite')).toMatchObject({
      code: 0,
      // Nobody can be asked here, and the laptop goes on.
      stderr: expect.stringMatching(
        /^tollgate model retire:\n {2}granted to acme, globex\n {2}not used in the last 30 days/,
      ),
    });
    const status = async () => (await acme())?.models.find(({ id }) => id === 'nova-lite')?.lifecycle.status;
    expect(await status()).toBe('retired');
    expect(await tollgate('model', 'restore', 'nova-lite')).toMatchObject({ code: 0 });
    expect(await status()).toBe('active');
    const { stdout } = await tollgate('model', 'history', 'nova-lite', '--format', 'json');
    const history = JSON.parse(stdout) as { change: string; by: string }[];
    expect(history.map(({ change }) => change)).toEqual(['create', 'retire', 'restore']);
    expect(history[1]?.by).toMatch(/^cli:./);
  });

  test('what AWS has and the registry says otherwise is proposed, written on demand, and then proposed no more', async () => {
    const faults = new URL('/_local/faults', aws.url);
    const says = async (service: string, operation: string, model: string, fault: object) => {
      const body = JSON.stringify({ service, operation, ...(model === '' ? {} : { model }), fault });
      expect((await fetch(faults, { method: 'POST', body })).status).toBe(204);
    };
    const modelLifecycle = {
      status: 'LEGACY',
      legacyTime: '2026-11-01T00:00:00Z',
      endOfLifeTime: '2027-05-01T00:00:00Z',
    };
    const [id, arn] = ['amazon.nova-lite-v1:0', 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0'];
    const modelDetails = { modelId: id, modelArn: arn, modelLifecycle };
    await says('bedrock', 'GetFoundationModel', id, { body: { modelDetails } });
    const agreementAvailability = { status: 'NOT_AVAILABLE' };
    const rest = {
      authorizationStatus: 'AUTHORIZED',
      entitlementAvailability: 'AVAILABLE',
      regionAvailability: 'AVAILABLE',
    };
    const haiku = 'anthropic.claude-3-haiku-20240307-v1:0';
    const availability = { modelId: haiku, agreementAvailability, ...rest };
    await says('bedrock', 'GetFoundationModelAvailability', haiku, { body: availability });
    await says('bedrock', 'GetUseCaseForModelAccess', '', { status: 404, type: 'ResourceNotFoundException' });
    await says('sagemaker', 'DescribeEndpoint', '', {
      body: { EndpointArn: `arn:aws:sagemaker:us-east-1:${ACCOUNT}:endpoint/mixtral-8x7b`, EndpointStatus: 'Failed' },
    });
    const file = join(folder, 'sync.yaml');
    const { stdout, stderr } = await tollgate('model', 'sync', '--out', file);
    expect(stderr).toBe(`written: ${file}\n`);
    const plan = stdout.split('\n');
    expect(plan.slice(0, 4)).toEqual([
      '~ model nova-lite',
      '    lifecycle.status active → deprecated',
      '    + lifecycle.deprecatedAt 2026-11-01T00:00:00Z',
      '    + lifecycle.sunsetAt 2027-05-01T00:00:00Z',
    ]);
    expect(plan).toContain('+ model nova-micro (draft)  amazon.nova-micro-v1:0 in us-east-1');
    expect(plan).toContain('! model mixtral-8x7b: mixtral-8x7b in us-east-1 has failed');
    expect(plan).toContain(`? ${haiku} in us-east-1: agreement NOT_AVAILABLE`);
    expect(plan).toContain('? Anthropic’s form (the use case) is not filled in for this account');
    expect(plan.at(-2)).toMatch(/^\d+ new, 1 to change, 1 to decide; nothing was written$/);
    const { value } = await readFile(readFileSync(file));
    expect(value).toMatchObject({ models: expect.arrayContaining([expect.objectContaining({ id: 'nova-lite' })]) });
    const before = await acme();
    expect(await tollgate('model', 'sync', '--apply')).toMatchObject({ code: 1, stdout: '' });
    expect(await acme()).toEqual(before);

    expect(await tollgate('model', 'sync', '--apply', '--yes')).toMatchObject({ code: 0, stderr: '' });
    const after = await acme();
    // Nobody holds more than before.
    expect(after?.models.map((one) => one.id)).toEqual(before?.models.map((one) => one.id));
    const again = JSON.parse((await tollgate('model', 'sync', '--format', 'json')).stdout) as object;
    expect(again).toMatchObject({ models: [], counts: { new: 0, changed: 0, toDecide: 1 }, applied: false });
    await fetch(faults, { method: 'DELETE' });

    await says('bedrock', 'ListInferenceProfiles', '', { status: 403, type: 'AccessDeniedException' });
    const partly = await tollgate('model', 'sync');
    expect(partly.stderr).toBe('tollgate: not read: profiles of us-east-1: AccessDeniedException\n');
    // Of what was not read nothing is said to be gone.
    expect(partly.stdout).toBe('0 new, 0 to change, 0 to decide; nothing was written\n');
    await fetch(faults, { method: 'DELETE' });
  }, 60_000);

  test('what an edit widens or re-points is told before it is made, and nothing of what it does not', async () => {
    const grant = (...options: string[]) => tollgate('grant', 'acme', 'claude-v2', ...options);
    expect(await grant('--max-tokens', '10')).toMatchObject({ code: 0, stderr: '' });
    expect(await grant('--max-tokens', '20', '--dry-run')).toMatchObject({
      code: 0,
      stderr: 'tollgate grant add:\n  widened: maxTokens is raised from 10 to 20\n',
    });
    expect(await grant('--no-max-tokens')).toMatchObject({
      stderr: 'tollgate grant add:\n  dropped-restriction: maxTokens 10 is dropped\n',
    });
    expect(await grant('--max-tokens', '10', '--yes')).toMatchObject({ code: 0, stderr: '' });
    const nova = JSON.parse((await tollgate('model', 'show', 'titan-embed-v2', '--format', 'json')).stdout);
    const target = { ...nova.target, region: 'us-west-2', arn: nova.target.arn.replace('us-east-1', 'us-west-2') };
    const moved = await tollgateWith(JSON.stringify({ id: nova.id, target }), 'model', 'put', '-', '--dry-run');
    expect(moved).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('re-pointed: calls of acme, globex go to arn:'),
    });
    expect((await tollgate('grant', 'revoke', 'acme', 'claude-v2', '--dry-run')).stderr).toContain(
      'not used in the last',
    );
    expect((await tollgate('grant', 'list', 'acme', '--idle', '90d', '-q')).stdout).toBe('');
  }, 90_000);

  test('a model is deleted once nothing names it and nobody can call it, if that is meant', async () => {
    const document = JSON.parse((await tollgate('model', 'show', 'titan-embed-v2', '--format', 'json')).stdout);
    const draft = { ...document, id: 'old', version: undefined, lifecycle: { status: 'draft' } };
    expect(await tollgateWith(JSON.stringify(draft), 'model', 'put', '-')).toMatchObject({ code: 0, stderr: '' });
    const yaml = join(folder, 'wrong.yaml');
    writeFileSync(yaml, `id: ${draft.id}\nfallbacks:\n  - no-such-model\nlifecycle: { status: old }\n`);
    const { code: refusal, stderr: lines } = await tollgate('model', 'put', yaml);
    expect([refusal, lines.replaceAll(yaml, 'FILE')]).toEqual([
      1,
      'FILE:4: lifecycle.status: unknown status\ntollgate: FILE: 1 problem; nothing was changed.\n',
    ]);
    expect(await tollgate('grant', 'acme', 'old')).toMatchObject({ code: 0 });
    expect(await tollgate('alias', 'set', 'older', 'old=1')).toMatchObject({ code: 0 });
    const still = await tollgate('model', 'delete', 'old', '--yes');
    expect(still.code).toBe(1);
    expect(still.stderr).toMatch(/still granted to acme.*still behind the alias older/s);
    expect(await tollgate('grant', 'revoke', 'acme', 'old')).toMatchObject({ code: 0 });
    expect(await tollgate('alias', 'remove', 'older')).toMatchObject({ code: 0 });
    expect(await tollgate('model', 'delete', 'old')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await tollgate('model', 'delete', 'old', '--yes')).toMatchObject({ code: 0 });
    expect((await tollgate('model', 'show', 'old')).code).toBe(1);
    expect((await tollgate('model', 'history', 'old')).stdout).toContain('delete');
  }, 90_000);

  test('what hangs on a model is told before its end, as a table, as JSON and as a letter', async () => {
    const { stdout } = await tollgate('model', 'impact', 'claude-sonnet-4-5', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ holders: [{ tenant: 'acme' }], used: [], successorOf: ['claude-v2'] });
    expect((await tollgate('model', 'impact', 'claude-v2', '--format', 'csv')).stdout).toMatch(
      /^tenant,calls,.*\r?\nacme,0,/,
    );
    const letter = (await tollgate('model', 'impact', 'claude-v2', '--mail')).stdout;
    expect(letter).toMatch(/^Subject: Claude 2\.1 \(claude-v2\) ends on .* GMT\n\n/);
    expect(letter).toContain('Use claude-sonnet-4-5 instead');
  });

  test('a grant is added without a verb, by its verb or by options, and revoked', async () => {
    const holds = async () => (await acme())?.models.find(({ id }) => id === 'llama-3-3-70b')?.actions;
    expect(await holds()).toBeUndefined();
    expect(await tollgate('grant', 'acme', 'llama-3-3-70b')).toMatchObject({ code: 0 });
    expect(await holds()).toEqual(['invoke', 'stream', 'count']);
    const narrower = ['--tenant', 'acme', '--model', 'llama-3-3-70b', '--actions', 'invoke'];
    expect(await tollgate('grant', 'grant', ...narrower)).toMatchObject({ code: 0 });
    expect(await holds()).toEqual(['invoke']);
    expect(await tollgate('grant', 'revoke', 'acme', 'llama-3-3-70b')).toMatchObject({ code: 0 });
    expect(await holds()).toBeUndefined();
    expect(await tollgate('grant', 'revoke', 'acme', 'llama-3-3-70b')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'tollgate: There is no grant of llama-3-3-70b to acme.\n',
    });
  });

  test('what show prints as JSON is what put takes, and a second editor is told to reload', async () => {
    const { stdout } = await tollgate('model', 'show', 'titan-embed-v2', '--format', 'json');
    const document = JSON.parse(stdout) as object;
    const edited = JSON.stringify({ ...document, displayName: 'Titan' });
    expect(await tollgateWith(edited, 'model', 'put', '-')).toMatchObject({ code: 0, stderr: '' });
    const second = JSON.stringify({ ...document, displayName: 'Embeddings' });
    const { code, stderr } = await tollgateWith(second, 'model', 'put', '-');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tollgate: It was changed since it was read\. replace \(displayName\) by cli:/);
    expect((await tollgate('model', 'show', 'titan-embed-v2')).stdout).toMatch(/^displayName +Titan$/m);
  });

  test('a tenant is made, suspended and resumed', async () => {
    expect(await tollgate('tenant', 'put', 'beta', '--cost-center', 'CC-9')).toMatchObject({ code: 0 });
    expect(await tollgate('tenant', 'suspend', 'beta')).toMatchObject({ code: 0 });
    expect((await tollgate('tenant', 'list')).stdout).toMatch(/^beta +suspended +CC-9/m);
    expect(await tollgate('tenant', 'resume', 'beta')).toMatchObject({ code: 0 });
    const shown = JSON.parse((await tollgate('tenant', 'show', 'beta', '--format', 'json')).stdout) as object;
    expect(shown).toMatchObject({ id: 'beta', suspended: false, grants: [] });
  });

  test('a tenant is said member by member, held to defaults, granted bundles and terms, and leaves', async () => {
    const said = async (...args: string[]) => {
      const { stdout, stderr, code } = await tollgate(...args);
      expect({ code, stderr: code === 0 ? '' : stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' });
      return stdout;
    };
    const shown = async (...args: string[]) => JSON.parse(await said(...args, '--format', 'json'));
    const put = ['tenant', 'put', 'delta'];
    await said(...put, '--cost-center', 'CC-4', '--owner', 'jane', '--owner', 'joe', '--contact', 'ops');
    await said(...put, '--label', 'env=prod', '--label', 'team=search', '--issuer', 'https://sso.delta.example');
    await said(...put, '--residency', 'us-east-1,us-west-2', '--expires', '2999-01-01', '--clear', 'contact');
    await said(...put, '--label', 'team-', '--clear', 'issuer');
    const { v, version, updatedAt, updatedBy, ...tenant } = await shown('tenant', 'show', 'delta');
    expect(tenant).toEqual({
      ...{ id: 'delta', suspended: false, costCenter: 'CC-4', owners: ['jane', 'joe'], labels: { env: 'prod' } },
      ...{ residency: ['us-east-1', 'us-west-2'], expiresAt: '2999-01-01T00:00:00Z', grants: [] },
    });
    expect(await said('tenant', 'list', '--label', 'env=prod', '-q')).toBe('delta\n');
    expect(await said('tenant', 'list', '--label', 'env=dev', '-q')).toBe('');
    expect((await tollgate(...put, '--label', 'env')).code).toBe(2);
    expect((await tollgate(...put, '--clear', 'costCenter')).code).toBe(2);

    await said('default', 'put', '--residency', 'us-east-1,us-west-2');
    expect(await shown('default', 'show')).toMatchObject({ residency: ['us-east-1', 'us-west-2'] });
    await said('default', 'put', '--clear', 'residency');
    await said('default', 'remove');
    expect(await said('default', 'show')).toBe('there are no defaults\n');

    await said('bundle', 'put', 'standard', 'nova-lite', '--name', 'For all');
    const add = ['grant', 'delta', '--bundle', 'standard'];
    await said(...add, '--actions', 'invoke', '--max-tokens', '9', '--trace');
    await said(...add, '--for', 'role:writer', '--for', 'role:editor', '--no-max-tokens', '--no-trace');
    await said(...add, '--for', 'principal:jane', '--without-guardrail');
    const terms = await said('grant', 'list', 'delta');
    expect(terms.split('\n').map((line) => line.split(/ {2,}/).slice(1, 4))).toMatchObject([
      ['MODEL', 'ACTIONS', 'RESTRICTED TO'],
      ['bundle standard', 'invoke', '9 tokens'],
      ['bundle standard', 'invoke', 'for editor writer'],
      ['bundle standard', 'invoke', 'without guardrail, 9 tokens, for jane alone'],
      [],
    ]);
    const grant = await shown('grant', 'show', 'delta', '--bundle', 'standard');
    expect(await shown(...add)).toMatchObject({ changed: false, version: grant.version });
    await said('grant', 'revoke', 'delta', '--bundle', 'standard', '--for', 'role:editor', '--for', 'role:writer');
    expect(await shown('grant', 'show', 'delta', '--bundle', 'standard')).toMatchObject({
      ...{ trace: true, maxTokens: 9 },
      also: [{ principals: ['jane'], unguarded: true }],
    });
    for (const wrong of [
      [...add, '--model', 'nova-lite'],
      [...add, '--for', 'jane'],
      [...add, '--for', 'role:x', '--roles', 'y'],
    ])
      expect((await tollgate(...wrong)).code, wrong.join(' ')).toBe(2);
    expect((await tollgate('bundle', 'remove', 'standard')).stderr).toContain('is granted to delta');

    expect((await tollgate('tenant', 'delete', 'delta', '--yes')).stderr).toContain('off-boarded before');
    const { code, stderr } = await tollgate('tenant', 'offboard', 'delta');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/with 1 grant\n(.*\n)*.*needs --yes/) });
    const { plan } = await shown('tenant', 'offboard', 'delta', '--yes');
    expect(await said('tenant', 'list')).toMatch(/^delta +offboarded /m);
    expect(await said('grant', 'list', 'delta', '-q')).toBe('');
    expect(await said('undo', plan, '--yes')).toContain('2 edits taken back');
    expect(await said('grant', 'list', 'delta', '-q')).toBe('bundle standard\n');
    await said('tenant', 'offboard', 'delta', '--yes');
    await said('tenant', 'delete', 'delta', '--yes');
    expect(await said('tenant', 'list', '-q')).not.toContain('delta');
    await said('bundle', 'remove', 'standard');
  });

  test('what was is shown, told apart, brought back and undone, of every noun', async () => {
    const json = async (...args: string[]) => {
      const { stdout, stderr, code } = await tollgate(...args, '--format', 'json');
      expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
      return JSON.parse(stdout);
    };
    const put = ['tenant', 'put', 'gamma', '--cost-centre', 'CC-1'];
    expect(await json(...put, '--dry-run')).toMatchObject({ id: 'gamma', changed: true, dryRun: true });
    expect((await tollgate('tenant', 'show', 'gamma')).code).toBe(1);
    const made = await json(...put);
    expect(made).toMatchObject({ verb: 'tenant put', id: 'gamma', version: 1, edit: expect.any(Number) });
    expect(await json(...put)).toMatchObject({ changed: false, version: 1 });
    const named = await json('tenant', 'put', 'gamma', '--cost-center', 'CC-2', '--name', 'Gamma');
    expect(named.differences).toEqual([
      { path: 'costCenter', before: 'CC-1', after: 'CC-2' },
      { path: 'displayName', before: null, after: 'Gamma' },
    ]);
    expect(await json('tenant', 'diff', 'gamma', '1')).toEqual(named.differences);
    expect(await json('tenant', 'show', 'gamma', '--version', '1')).toMatchObject({ costCenter: 'CC-1', version: 1 });
    expect((await tollgate('tenant', 'show', 'gamma', '--at', '2020-01-01')).code).toBe(1);
    expect(await json('tenant', 'list', '--at', '2020-01-01')).toEqual([]);
    expect((await tollgate('tenant', 'list', '--prefix', 'gam', '-q')).stdout).toBe('gamma\n');
    expect((await tollgate('tenant', 'list', '--label', 'team=search', '-q')).stdout).toBe('');
    expect(await json('tenant', 'rollback', 'gamma', '1')).toMatchObject({ verb: 'tenant rollback', version: 3 });
    const { edit } = await json('tenant', 'suspend', 'gamma', '--yes');
    expect((await tollgate('undo', String(edit), '--dry-run')).stderr).toMatch(
      /^tollgate undo:\n {2}widened: it may call again$/m,
    );
    expect(await json('undo', String(edit), '--yes')).toMatchObject({ verb: 'undo', version: 5 });
    expect((await tollgate('undo', String(edit))).stderr).toMatch(/^tollgate: .*changed/);
    const trail = (await json('audit', 'list', '--of', 'tenant/gamma')) as { change: string; by: string }[];
    expect(trail.map(({ change }) => change)).toEqual([
      `undo ${edit}`,
      'suspend',
      'rollback to 1',
      expect.any(String),
      'create',
    ]);
    expect(await json('audit', 'list', '--by', 'nobody-else')).toEqual([]);
    expect(await json('status')).toMatchObject({
      stage: 'local',
      lastEdit: expect.stringMatching(/^\d+, \S+Z, by cli:/),
    });
    const { stdout } = await tollgate('tenant', 'history', 'gamma');
    expect(stdout).toMatch(/^\d+ +\S+Z +cli:\S+ +suspend +suspended false → true$/m);
  });

  test('D3 a list names an unusable item on stderr and still lists the others', async () => {
    const Item = { pk: { S: 'MODEL#broken' }, sk: { S: 'MODEL' }, v: { N: '1' } };
    await client.send(new PutItemCommand({ TableName: TABLE, Item }));
    const { code, stdout, stderr } = await tollgate('model', 'list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^claude-v2 +deprecated/m);
    expect(stdout).not.toContain('broken');
    expect(stderr).toBe('tollgate: unusable item MODEL#broken MODEL: id: missing\n');
  });

  test('a file is planned, applied whole, exported and undone as one', async () => {
    const file = join(folder, 'tenants.yaml');
    const grants = '[{ model: nova-lite, maxTokens: 50 }, { model: titan-embed-v2, actions: [invoke] }]';
    writeFileSync(file, `tenants:\n  - id: from-file\n    costCenter: CC-7\n    grants: ${grants}\n`);
    const plan = await tollgate('apply', file, '--dry-run');
    expect(plan.stdout).toMatch(
      /^\+ tenant\/from-file$[\s\S]*^\+ grant\/from-file\/nova-lite$[\s\S]*maxTokens 50[\s\S]*Plan: 3 to make/m,
    );
    const applied = await tollgate('apply', file);
    const [, id = ''] =
      /3 entries applied, edits \d+ to \d+; tollgate undo (p-\S+) takes it back$/m.exec(applied.stdout) ?? [];
    const exported = (await tollgate('export', '--tenant', 'from-file')).stdout;
    expect((await tollgateWith(exported, 'apply', '-')).stdout).toBe('Plan: nothing to change, 3 as the file says.\n');
    expect(exported).toMatch(/^# yaml-language-server: \$schema=\.\/registry\.schema\.json\n/);
    const { stdout: schema } = await tollgate('export', '--schema');
    expect(schema).toBe(readFileSync('docs/registry.schema.json', 'utf8'));
    expect(exported).toContain('  - id: from-file\n    suspended: false\n    costCenter: CC-7\n    grants:\n');
    const csv = join(folder, 'tenants.csv');
    writeFileSync(csv, 'Tenant ID,Cost centre,models\nrow-one,CC-1,nova-lite claude-v2\nrow-two,CC-2,\n');
    const rows = await tollgate('apply', csv, '--format', 'json');
    expect(JSON.parse(rows.stdout)).toMatchObject({ made: 4, unchanged: 0, findings: [] });
    const undone = await tollgate('undo', id, '--format', 'json');
    expect(undone.stderr).toMatch(/^tollgate undo:\n {2}removed: grant\/from-file\//);
    expect(JSON.parse(undone.stdout)).toMatchObject({ verb: 'undo', id, changed: true, message: expect.any(String) });
    expect((await tollgate('tenant', 'show', 'from-file')).code).toBe(1);
    const again = JSON.parse(undone.stdout).plan as string;
    expect((await tollgate('undo', again, '-q')).stdout).toContain('tenant/from-file\n');
    expect((await tollgate('tenant', 'show', 'from-file')).stdout).toContain('titan-embed-v2');
    expect(await tollgate('undo', 'yesterday')).toMatchObject({ code: 2, stdout: '' });
    expect(await tollgate('undo', 'p-20200101-none')).toMatchObject({ code: 1, stdout: '' });
  });

  test('what a file widens is told before what it changes, and a model’s impact is also on who holds it by a bundle', async () => {
    const entries = (models: string[]) => JSON.stringify({ bundles: [{ id: 'pair', models }], tenants: [held] });
    const held = { id: 'holder', costCenter: 'CC-1', grants: [{ bundle: 'pair' }] };
    const file = join(folder, 'bundle.json');
    writeFileSync(file, entries(['nova-lite']));
    expect(await tollgate('apply', file)).toMatchObject({ code: 0, stderr: '' });
    writeFileSync(file, entries(['nova-lite', 'llama-3-3-70b']));
    const told = '! bundle/pair: widened: holder: models: also llama-3-3-70b\n';
    const plan = await tollgate('apply', file, '--dry-run');
    expect(plan).toMatchObject({ code: 0, stdout: expect.stringMatching(/^! bundle\/pair: .*\n~ bundle\/pair\n/) });
    expect(await tollgate('apply', file, '--yes')).toMatchObject({ code: 0, stderr: told });
    const { stdout } = await tollgate('model', 'impact', 'llama-3-3-70b', '--format', 'json');
    expect(JSON.parse(stdout).holders).toContainEqual(expect.objectContaining({ tenant: 'holder', bundle: 'pair' }));
  });

  test('L4 a file with anything wrong in it changes nothing, and each problem is told with its line', async () => {
    const file = join(folder, 'bad.yaml');
    const grants = '      - { model: nova-lite, maxTokens: -1 }\n      - { model: nobody }\n';
    writeFileSync(
      file,
      `tenants:\n  - id: bad-one\n    grants:\n${grants}  - id: bad-two\n    costCenter: x\n    colour: red\n`,
    );
    const { code, stdout, stderr } = await tollgate('apply', file);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/:2: tenants\[0\]\.costCenter: missing$/m);
    expect(stderr).toMatch(/:4: tenants\[0\]\.grants\[0\]\.maxTokens: too small$/m);
    expect(stderr).toMatch(/:8: tenants\[1\]\.colour: unknown member$/m);
    expect(stderr).toMatch(/^tollgate: .*bad\.yaml: \d problems; nothing was changed\.$/m);
    writeFileSync(file, 'tenants: &all []\nmodels: *all\n');
    expect((await tollgate('apply', file)).stderr).toMatch(/bad\.yaml:1: .*anchor/i);
  });

  test.each([
    [['model', 'show', 'nobody'], /^tollgate: There is no model nobody\.\n$/],
    [['model', 'retire', 'A#B'], /^tollgate: .*id: not a model id/],
    [['model', 'deprecate', 'nova-lite', '--sunset', 'tomorrow'], /^tollgate: .*--sunset: not a date/],
    [['model', 'deprecate', 'nova-lite', '--sunset', '2020-01-01'], /^tollgate: .*sunset/],
    [['model', 'put', 'no/such/file.json'], /^tollgate: no\/such\/file\.json cannot be read\n$/],
    [['grant', 'acme', 'nobody'], /^tollgate: There is no model nobody\.\n$/],
    [['token', 'acme-app'], /^tollgate: the identity provider gave no token/],
    [['model', 'list', '--stage', 'Prod!'], /^tollgate: --stage must be a stage name/],
  ])('%j fails with one clear line', async (args, line) => {
    const { code, stdout, stderr } = await tollgate(...args);
    expect(stderr).toMatch(line);
    expect(stderr.split('\n')).toHaveLength(2);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  test.each([
    [[]],
    [['modle']],
    [['model', 'retire']],
    [['model', 'list', '--format', 'xml']],
    [['model', 'deprecate', 'nova-lite']],
    [['grant', 'acme']],
    [['grant', 'show', 'acme', 'nova-lite', 'other']],
    [['token', '']],
  ])('%j is not understood: exit 2, and nothing on stdout', async (args) => {
    const { code, stdout, stderr } = await tollgate(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  test('help is no error', async () => {
    const { code, stdout } = await tollgate('--help');
    expect(code).toBe(0);
    for (const noun of ['token', 'model', 'tenant', 'grant']) expect(stdout).toMatch(new RegExp(`^ +${noun}\\b`, 'm'));
  });
});
