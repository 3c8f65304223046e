import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start();
});

afterAll(async () => {
  await stack.remove();
});

async function json(...args: string[]) {
  const { code, stdout, stderr } = await stack.cli('policy', ...args, '--format', 'json');
  return { code, stderr, document: JSON.parse(stdout) };
}

describe('policy explain', () => {
  test('shows exactly the session under which a real call then runs', async () => {
    const token = await stack.token('acme-app');
    const [, payload = ''] = token.split('.');
    const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string };
    const { code, document } = await json(
      'explain',
      '--tenant',
      'acme',
      '--model',
      'claude-sonnet-4-5',
      '--principal',
      sub,
    );
    expect(code).toBe(0);
    expect(document).toMatchObject({ allowed: true, tenant: 'acme', model: 'claude-sonnet-4-5', action: 'invoke' });
    expect(document.steps.every(({ yes }: { yes: boolean }) => yes)).toBe(true);

    const before = await stack.mark();
    const answer = await fetch(`${stack.gateway}/model/claude-sonnet-4-5/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'hello' }] }] }),
    });
    expect(answer.status).toBe(200);
    const call = (await stack.upstream(before)).find(({ service }) => service === 'bedrock');
    const { session } = document;
    expect(call?.caller).toMatchObject({
      sessionName: session.sessionName,
      sourceIdentity: session.sourceIdentity,
      tags: session.tags,
      sessionPolicy: session.policy.document,
    });
    expect(session.policy.chars).toBe(JSON.stringify(session.policy.document).length);
    expect(session.role).toMatchObject({ source: 'deployed' });
    const open = session.simulated.filter(({ allowed }: { allowed: boolean }) => allowed);
    expect(open).toMatchObject([{ model: 'claude-sonnet-4-5', action: 'invoke', way: 'as-granted', expected: true }]);
    for (const neighbour of ['llama-3-3-70b', 'nova-lite', 'mixtral-8x7b', '(not in the registry)'])
      expect(session.simulated.filter(({ model }: { model: string }) => model === neighbour).length).toBeGreaterThan(1);
  });

  test('prints the chain, the policies and the neighbours for a terminal', async () => {
    const { code, stdout } = await stack.cli(
      'policy',
      'explain',
      '--tenant',
      'acme',
      '--model',
      'nova-lite',
      '--action',
      'stream',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^acme, stream of nova-lite: allowed\n/);
    for (const part of [
      /^yes +Was the tenant granted the model\? .* TENANT#acme GRANT#nova-lite v1$/m,
      /^SESSION POLICY: \d+ of 2048 characters, SHA-256 [0-9a-f]{64}$/m,
      /^ROLE POLICY .* deployed$/m,
      /^TRUST POLICY of arn:aws:iam::111122223333:role\/tollgate-local-invoker, deployed$/m,
      /^nova-lite +stream +as-granted +allowed +ok /m,
      /^llama-3-3-70b +stream +as-listed +denied +ok /m,
    ])
      expect(stdout).toMatch(part);
  });

  test.each([
    [['--tenant', 'acme', '--model', 'llama-3-3-70b'], 'unknown-model', 'there is no grant', 5],
    [['--tenant', 'stranger', '--model', 'nova-lite'], 'tenant-unknown', 'there is no such tenant', 1],
    [['--tenant', 'acme', '--model', 'gpt'], 'unknown-model', 'there is no such model', 4],
    [
      ['--tenant', 'acme', '--model', 'mixtral-8x7b', '--action', 'count'],
      'action-not-available',
      'action not available',
      9,
    ],
  ])('%j is explained up to the step that refuses: exit 0', async (args, reason, because, steps) => {
    const { code, stderr, document } = await json('explain', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(document).toMatchObject({ allowed: false, reason, session: null });
    expect(document.steps).toHaveLength(steps);
    expect(document.steps.at(-1)).toMatchObject({ yes: false, because });
  });

  test('a model goes by its own id and its ARN, too', async () => {
    const { document } = await json('explain', '--tenant', 'globex', '--model', 'us.meta.llama3-3-70b-instruct-v1:0');
    expect(document).toMatchObject({ allowed: true, model: 'llama-3-3-70b' });
  });

  test.each([
    [['explain', '--tenant', 'a b', '--model', 'nova-lite'], 1],
    [['explain', '--tenant', 'acme', '--model', 'nova-lite', '--action', 'delete'], 2],
    [['explain', '--tenant', 'acme'], 2],
    [['review', '--since', 'yesterday'], 1],
    [['review', '--out', '/nowhere/at/all.html'], 1],
  ])('%j is an error', async (args, expected) => {
    const { code, stdout, stderr } = await stack.cli('policy', ...args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).not.toBe('');
  });
});

describe('policy review', () => {
  test('the demo is closed: exit 0, one page, and the next review lists what changed since', async () => {
    const page = join(stack.dataDir, 'review.html');
    const first = await stack.cli('policy', 'review', '--out', page, '--record');
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/^No tenant can reach a model without a grant \(\d+ sessions, /);
    expect(first.stderr).toMatch(/^recorded: reviews\/\d{8}T\d{9}Z\.json\n$/);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>.*✓ No tenant can reach a model.*<\/html>\n$/s);

    expect((await stack.cli('grant', 'globex', 'claude-v2', '--actions', 'invoke')).code).toBe(0);
    const { code, document } = await json('review');
    expect(code).toBe(0);
    expect(document).toMatchObject({ closed: true, findings: [] });
    expect(document.changes).toMatchObject([{ item: 'GRANT#globex#claude-v2', change: 'create' }]);
    expect(document.policyChanges).toEqual([{ session: 'globex claude-v2 invoke', change: 'new' }]);
    const since = await json('review', '--since', '2020-01-01');
    expect(since.document.changes.length).toBeGreaterThan(10);
    const { stdout } = await stack.cli('policy', 'review');
    expect(stdout).toMatch(/^globex +claude-v2 +yes \(deprecated\) +no +no /m);
  });

  test('a function that could call models past every session: exit 1, and the page is written', async () => {
    const iam = new IAMClient({
      endpoint: stack.aws,
      region: 'us-east-1',
      credentials: { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' },
    });
    const wide = { RoleName: 'tollgate-local-invoke', PolicyName: 'wide' };
    const Statement = [
      { Effect: 'Allow', Action: ['bedrock:InvokeModel'], Resource: ['arn:aws:bedrock:*::foundation-model/amazon.*'] },
    ];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam.send(new PutRolePolicyCommand({ ...wide, PolicyDocument }));
    try {
      const page = join(stack.dataDir, 'open.html');
      const { code, stdout, stderr } = await stack.cli('policy', 'review', '--out', page);
      expect(code).toBe(1);
      expect(stdout).toMatch(/^A TENANT COULD REACH A MODEL WITHOUT A GRANT: 3 findings/);
      expect(stderr).toBe('tollgate: a tenant could reach a model without a grant; see the findings\n');
      expect(existsSync(page)).toBe(true);
      expect(readFileSync(page, 'utf8')).toContain('it may call nova-lite without any session');
    } finally {
      await iam.send(new DeleteRolePolicyCommand(wide));
      iam.destroy();
    }
    expect((await stack.cli('policy', 'review')).code).toBe(0);
  });
});
