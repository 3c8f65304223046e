import { describe, expect, test } from 'vitest';
import { isTollgateError } from '../../../contract/errors.ts';
import { serverSettings } from '../../../server/settings.ts';

const env = {
  AWS_REGION: 'us-east-1',
  TOLLGATE_STAGE: 'prod',
  TOLLGATE_TABLE: 'tollgate-registry',
  TOLLGATE_COUNTERS_TABLE: 'tollgate-counters',
  TOLLGATE_INVOKER_ROLE_ARN: 'arn:aws:iam::111122223333:role/tollgate-prod-invoker-us-east-1',
  TOLLGATE_ISSUERS: '[{"issuer":"https://login.example.com","audience":"tollgate","tenantClaim":"tenant"}]',
};

/** @returns each line that whoever starts it is told */
function told(changed: Record<string, string | undefined>): string[] {
  try {
    serverSettings({ ...env, ...changed });
    return [];
  } catch (error) {
    if (isTollgateError(error, 'bad_setting')) return error.publicMessage.split('\n');
    throw error;
  }
}

describe('what the container is told', () => {
  test('listens where nobody else can reach it, unless it is told otherwise', () => {
    expect(serverSettings(env)).toMatchObject({ host: '127.0.0.1', port: 8080, graceMs: 25_000 });
    expect(Object.keys(serverSettings(env))).not.toContain('sdk');
  });

  const WRONG: [string, string | undefined][] = [
    ['TOLLGATE_STAGE', 'Prod'],
    ['TOLLGATE_TABLE', undefined],
    ['TOLLGATE_COUNTERS_TABLE', ' '],
    ['TOLLGATE_INVOKER_ROLE_ARN', 'tollgate-prod-invoker'],
    ['TOLLGATE_ISSUERS', '[{'],
    ['TOLLGATE_AUTHORIZER_TTL', '301'],
    ['TOLLGATE_EVENT_BUS', 'aws.partner/example.com/x'],
    ['TOLLGATE_BROKER_FUNCTION', 'a function?'],
    ['TOLLGATE_CALL_TOTAL_MS', '0'],
    ['TOLLGATE_GRACE_MS', '-1'],
    ['TOLLGATE_CONSOLE', '[]'],
    ['PORT', '65536'],
    ['AWS_REGION', undefined],
    ['AWS_REGION', 'nowhere'],
    ['AWS_ENDPOINT_URL', 'localhost:8789'],
    ['AWS_ENDPOINT_URL_DYNAMODB', 'dynamodb'],
  ];

  test.each(WRONG)('%s set to %j is one line that names it', (name, value) => {
    expect(told({ [name]: value })).toEqual([expect.stringContaining(name)]);
  });

  test('all that is wrong is told at once, each thing once', () => {
    const changed = Object.fromEntries(WRONG);
    const named = told(changed).map((line) => line.split(' ')[0]);
    expect(named.sort()).toEqual(Object.keys(changed).sort());
  });

  test.each(['http://127.0.0.1:8789', 'https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com', ''])(
    'an endpoint of the SDK may be %j',
    (url) => expect(told({ AWS_ENDPOINT_URL: url })).toEqual([]),
  );
});
