import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Sight } from '../../../../cli/doctor/check.ts';
import { CHECKS } from '../../../../cli/doctor/checks.ts';
import { doctorPolicy } from '../../../../cli/doctor/rights.ts';
import { withPolicy } from '../../../../docs/doctor-policy.ts';
import { OPTIONS, resourcesOf, stackOf } from '../../../infra/synth.ts';
import { FakeAws, Refused } from './aws.ts';
import { look, NOW, notOk, plain } from './look.ts';
import { add, WRONG, type Wrong } from './wrong.ts';

/** Those whose resources the checks look at; making each of all the others would take a minute and show no more. */
const SEEN = new Set([
  ...['as configured', 'with all that goes together', 'without an account of its own', 'with a broker', 'with alerts'],
  ...[
    'as a container',
    'with both doors, a broker and everything protected',
    'on Kubernetes, by Pod Identity, beside Lambda',
  ],
  ...['in a private network that is made', 'traced by X-Ray', 'with a user pool', 'under a key of its own'],
]);

describe('a stage that is as it was deployed is well, whatever is on', () => {
  test.each(OPTIONS.filter(([name]) => SEEN.has(name)))('%s', async (_, given) => {
    expect(notOk(await look(new FakeAws(resourcesOf(stackOf(given).stack))))).toEqual([]);
  });

  test('and has no row of what is off', async () => {
    const rows = await look(new FakeAws(plain));
    for (const check of ['tasks', 'encryption', 'quotas']) expect(rows.has(check)).toBe(false);
    const container = OPTIONS.find(([name]) => name.startsWith('on Kubernetes, by the cluster'));
    const without = await look(new FakeAws(resourcesOf(stackOf(container?.[1]).stack)));
    for (const check of ['authorizer', 'methods', 'api', 'secrets', 'concurrency'])
      expect(without.has(check)).toBe(false);
  });
});

describe('what is wrong is told, with what mends it', () => {
  test.each(WRONG)('%s', async (_, changes, check, state, found, given) => {
    const rows = await look(
      new FakeAws(given === undefined ? plain : resourcesOf(stackOf(given).stack), changes),
      check,
    );
    const row = rows.get(check);
    expect([row?.state, row?.found.join('; ')]).toEqual([state, expect.stringMatching(found)]);
    expect(row?.mend).toHaveLength(row?.found.length ?? -1);
    for (const mend of row?.mend ?? []) expect(mend).not.toBe('');
  });

  test('a value that somebody put into a variable is not', async () => {
    const [, changes] = WRONG.find(([name]) => name === 'a function has another variable') as Wrong;
    expect(JSON.stringify([...(await look(new FakeAws(plain, changes))).values()])).not.toContain('hunter2');
  });
});

describe('what may not be read', () => {
  const denied = (action: string) => () => {
    throw new Refused(
      'AccessDeniedException',
      `User: arn:aws:iam::111122223333:user/jane is not authorized to perform: ${action} on resource: *`,
      400,
    );
  };

  test('is a row of its own that names the missing right, and hides no other', async () => {
    const rows = await look(
      new FakeAws(plain, { 'firehose DescribeDeliveryStream': denied('firehose:DescribeDeliveryStream') }),
    );
    expect(rows.get('delivery')).toEqual({
      check: 'delivery',
      state: 'unread',
      found: ['may not be read: firehose:DescribeDeliveryStream is missing'],
      mend: ['allow firehose:DescribeDeliveryStream'],
    });
    expect(notOk(rows)).toHaveLength(1);
  });

  test('is every row that needs the template, where that may not be read; the others are made', async () => {
    const rows = await look(new FakeAws(plain, { 'cloudformation GetTemplate': denied('cloudformation:GetTemplate') }));
    expect(rows.get('roles')?.mend).toEqual(['allow cloudformation:GetTemplate']);
    for (const check of ['clock', 'walls', 'registry', 'usage']) expect(rows.get(check)?.state, check).toBe('ok');
  });

  test('and a service that hangs is not waited for', async () => {
    const { examine: look } = await import('../../../../cli/doctor/check.ts');
    const never = {
      ...CHECKS[0],
      id: 'never',
      needs: [],
      read: () => new Promise(() => {}),
    } as unknown as (typeof CHECKS)[number];
    const row = await look(never, { clock: () => NOW } as unknown as Sight, 20);
    expect(row).toMatchObject({ state: 'unread', found: ['could not be read: no answer within 0.02 s'] });
  });
});

test('the doctor asks for nothing that its policy does not allow, and may change nothing', async () => {
  const [{ Action: allowed = [] } = {}] = doctorPolicy().Statement;
  for (const action of allowed) expect(action).toMatch(/^[a-z0-9]+:(Get|List|Describe|Query|GET)/);
  const everything = OPTIONS.find(([name]) => name === 'with all that goes together');
  const aws = new FakeAws(resourcesOf(stackOf(everything?.[1]).stack), {
    'monitoring DescribeAlarms': ({ MetricAlarms }) => ({
      MetricAlarms: MetricAlarms.map(add({ StateValue: 'ALARM' })),
    }),
  });
  await look(aws);
  // Whose operations and rights are not called alike.
  const rights: Record<string, string> = {
    's3 GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
    's3 GetBucketEncryption': 's3:GetEncryptionConfiguration',
    's3 GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
    's3 List': 's3:ListBucket',
    's3 Object': 's3:GetObject',
  };
  const used = new Set(
    aws.asked.map((asked) => {
      const [service = '', operation = ''] = asked.split(' ');
      if (service === 'apigateway') return 'apigateway:GET';
      return rights[asked] ?? `${service === 'monitoring' ? 'cloudwatch' : service}:${operation}`;
    }),
  );
  expect([...used].filter((right) => !allowed.includes(right))).toEqual([]);
  expect(used.size).toBeGreaterThan(25);
});

test('docs/doctor.md has the policy (npm run docs), and a line for each check', () => {
  const page = readFileSync(new URL('../../../../docs/doctor.md', import.meta.url), 'utf8');
  expect(withPolicy(page, doctorPolicy())).toBe(page);
  for (const { id } of CHECKS) expect(page).toContain(`\`${id}\``);
});
