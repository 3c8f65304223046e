import { describe, expect, test } from 'vitest';
import { REQUEST_ID_HEADER } from '../../contract/request-id.ts';
import { ANONYMOUS, MANAGED } from '../../infra/waf.ts';
import documented from '../cases/waf-rules.json' with { type: 'json' };
import { BOTH, CONTAINER, flat, ofType, only, type Resource, resourcesOf, stackOf, WAF } from './synth.ts';

interface Rule {
  Name: string;
  Priority: number;
  Action?: Record<string, unknown>;
  Statement: {
    ManagedRuleGroupStatement?: { Name: string; RuleActionOverrides?: { Name: string; ActionToUse: object }[] };
    RateBasedStatement?: { Limit: number; EvaluationWindowSec: number; AggregateKeyType: string };
    OrStatement?: { Statements: object[] };
    IPSetReferenceStatement?: object;
  };
}

const of = (waf: unknown, more: Record<string, unknown> = {}) =>
  resourcesOf(stackOf({ ...more, 'tollgate:waf': waf }).stack);
const rulesOf = (resources: Record<string, Resource>) => only(resources, 'AWS::WAFv2::WebACL').Rules as Rule[];

const plain = resourcesOf(stackOf().stack);
const usual = of(true);
const strict = of(WAF['tollgate:waf']);
const acl = only(usual, 'AWS::WAFv2::WebACL');

const GROUPS = documented.groups as Record<string, { wcu: number; rules: string[] }>;

describe('without WAF', () => {
  test('nothing of it is there', () => {
    expect(JSON.stringify(plain)).not.toMatch(/WAF/i);
  });

  test('all else is the same, but that API Gateway has an answer for what WAF refuses', () => {
    const changed = Object.keys({ ...plain, ...usual }).filter(
      (id) => JSON.stringify(plain[id]) !== JSON.stringify(usual[id]),
    );
    const types = changed.map((id) => (usual[id] ?? plain[id])?.Type);
    expect([...new Set(types)].sort()).toEqual([
      'AWS::ApiGateway::Deployment',
      'AWS::ApiGateway::GatewayResponse',
      'AWS::ApiGateway::Stage',
      'AWS::Logs::LogGroup',
      'AWS::WAFv2::LoggingConfiguration',
      'AWS::WAFv2::WebACL',
      'AWS::WAFv2::WebACLAssociation',
    ]);
  });
});

describe('a prompt passes, whatever it says and however long it is', () => {
  test.each([...MANAGED, ANONYMOUS])(
    '$name: what is counted has such a name, and its units are those of AWS’s list',
    (group) => {
      expect(GROUPS[group.name]?.wcu).toBe(group.wcu);
      // A name that there is none of is ignored in silence, and the rule blocks.
      for (const rule of group.counted) expect(GROUPS[group.name]?.rules).toContain(rule);
    },
  );

  test('every rule that reads a body is counted and blocks nobody', () => {
    const counting = rulesOf(strict).flatMap(({ Statement }) => {
      const { Name = '', RuleActionOverrides = [] } = Statement.ManagedRuleGroupStatement ?? {};
      for (const { ActionToUse } of RuleActionOverrides) expect(ActionToUse).toEqual({ Count: {} });
      return RuleActionOverrides.map((rule) => `${Name}.${rule.Name}`);
    });
    const reading = Object.entries(GROUPS).flatMap(([name, { rules }]) =>
      rules.filter((rule) => rule.endsWith('_BODY')).map((rule) => `${name}.${rule}`),
    );
    expect(reading).toHaveLength(8);
    for (const rule of reading) expect(counting).toContain(rule);
    // Nor does what a program or a hosting provider is; all else blocks.
    expect(counting.filter((rule) => !reading.includes(rule))).toEqual([
      'AWSManagedRulesCommonRuleSet.NoUserAgent_HEADER',
      'AWSManagedRulesAnonymousIpList.HostingProviderIPList',
    ]);
  });

  test('no rule of ours looks at a body or at a size', () => {
    expect(JSON.stringify(rulesOf(strict))).not.toMatch(/FieldToMatch|SizeConstraint|Oversize/);
    expect(acl.AssociationConfig).toEqual({ RequestBody: { API_GATEWAY: { DefaultSizeInspectionLimit: 'KB_16' } } });
  });
});

describe('who is refused', () => {
  test('floods of one address: as many as the whole stage may have, unless told otherwise', () => {
    const rate = (resources: Record<string, Resource>) =>
      rulesOf(resources).find(({ Name }) => Name === 'rate')?.Statement.RateBasedStatement;
    expect(rate(usual)).toEqual({ AggregateKeyType: 'IP', Limit: 30_000, EvaluationWindowSec: 300 });
    expect(rate(of({ windowSeconds: 60 }, { 'tollgate:throttleRate': 7 }))).toMatchObject({ Limit: 420 });
    expect(rate(of({ rate: 10, windowSeconds: 600 }))).toMatchObject({ Limit: 10, EvaluationWindowSec: 600 });
  });

  test('with a list, every other address, after it was looked at like everybody; without one, nobody else', () => {
    expect(acl.DefaultAction).toEqual({ Allow: {} });
    expect(only(strict, 'AWS::WAFv2::WebACL').DefaultAction).toEqual({ Block: {} });
    const rules = rulesOf(strict);
    expect(rules.map(({ Priority }) => Priority)).toEqual(rules.map((_, index) => index));
    expect(rules.filter(({ Action }) => Action !== undefined && 'Allow' in Action)).toEqual([rules.at(-1)]);
    expect(rules.at(-1)?.Statement.OrStatement?.Statements).toHaveLength(2);
    const lists = ofType(strict, 'AWS::WAFv2::IPSet').map(({ IPAddressVersion, Addresses }) => [
      IPAddressVersion,
      Addresses,
    ]);
    expect(lists).toEqual([
      ['IPV4', ['203.0.113.0/24']],
      ['IPV6', ['2001:db8::/32']],
    ]);
    const one = of({ allow: ['2001:db8::/32'] });
    expect(rulesOf(one).at(-1)?.Statement.IPSetReferenceStatement).toBeDefined();
    expect(ofType(one, 'AWS::WAFv2::IPSet')).toHaveLength(1);
  });

  test('anonymous networks where that is told', () => {
    const names = (resources: Record<string, Resource>) => rulesOf(resources).map(({ Name }) => Name);
    expect(names(usual)).not.toContain(ANONYMOUS.name);
    expect(names(strict)).toContain(ANONYMOUS.name);
  });

  test('by an answer that every SDK can read, with the id of the request', () => {
    const [answer] = ofType(usual, 'AWS::ApiGateway::GatewayResponse').filter(
      ({ ResponseType }) => ResponseType === 'WAF_FILTERED',
    );
    expect(answer).toMatchObject({
      StatusCode: '403',
      ResponseParameters: { [`gatewayresponse.header.${REQUEST_ID_HEADER}`]: 'context.requestId' },
      ResponseTemplates: { 'application/json': expect.stringContaining('"code":"forbidden"') },
    });
    // An answer of WAF's own would be given in the place of it, without the id.
    expect(JSON.stringify(usual)).not.toContain('CustomResponse');
  });
});

/** What AWS bills no surcharge for; a web ACL can have 5,000 (https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html). */
const FREE_WCU = 1_500;

test('with everything turned on it needs fewer units than AWS takes more for', () => {
  const units = rulesOf(strict).map(({ Statement }) => {
    const { ManagedRuleGroupStatement: managed, RateBasedStatement: rate, OrStatement: any } = Statement;
    if (managed !== undefined) return GROUPS[managed.Name]?.wcu ?? Number.NaN;
    // A rate by address is 2, a list of addresses 1.
    return rate === undefined ? (any?.Statements.length ?? 1) : 2;
  });
  const sum = units.reduce((total, one) => total + one, 0);
  expect(sum).toBe(979);
  expect(sum).toBeLessThan(FREE_WCU);
});

describe('its log', () => {
  const SECRET = ['authorization', 'x-api-key', 'api-key', 'cookie', 'x-amz-security-token', 'proxy-authorization'];
  const logging = only(usual, 'AWS::WAFv2::LoggingConfiguration');

  test('has what was refused, and not a line for each call', () => {
    expect(logging.LoggingFilter).toEqual({
      DefaultBehavior: 'DROP',
      Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ALL', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] }],
    });
  });

  test('has no token, key, cookie, query or path as it was written', () => {
    const fields = logging.RedactedFields as Record<string, { Name?: string }>[];
    const headers = fields.map(({ SingleHeader }) => SingleHeader?.Name);
    for (const name of SECRET) expect(headers).toContain(name);
    for (const part of ['QueryString', 'UriPath']) expect(fields.some((field) => part in field)).toBe(true);
  });

  test('nor has anything else that WAF shows, and no part of a body that a rule found something in', () => {
    const { DataProtections } = acl.DataProtectionConfig as {
      DataProtections: { Action: string; Field: { FieldType: string; FieldKeys?: string[] } }[];
    };
    for (const protection of DataProtections) {
      expect(protection.Action).toBe('SUBSTITUTION');
      expect(protection).not.toHaveProperty('ExcludeRuleMatchDetails');
    }
    const [header] = DataProtections.filter(({ Field }) => Field.FieldType === 'SINGLE_HEADER');
    for (const name of SECRET) expect(header?.Field.FieldKeys).toContain(name);
    expect(DataProtections.map(({ Field }) => Field.FieldType)).toEqual(
      expect.arrayContaining(['BODY', 'QUERY_STRING']),
    );
    const visible = JSON.stringify(acl).match(/"SampledRequestsEnabled":(true|false)/g);
    expect(new Set(visible)).toEqual(new Set(['"SampledRequestsEnabled":false']));
  });

  test('is in a group of the name that WAF asks for, which goes with it: turned on again it meets none that is there', () => {
    const [group] = Object.values(usual).filter(({ Properties }) =>
      String(Properties?.LogGroupName).startsWith('aws-waf-logs-'),
    );
    expect(group).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: { LogGroupName: 'aws-waf-logs-tollgate-dev-waf' },
    });
    expect(JSON.stringify(logging.LogDestinationConfigs)).toContain('"Fn::Split":[":*"');
  });
});

describe('what it stands before', () => {
  const before = (resources: Record<string, Resource>) =>
    ofType(resources, 'AWS::WAFv2::WebACLAssociation').map(({ ResourceArn }) => flat(ResourceArn));

  test.each<[string, Record<string, unknown>, RegExp[]]>([
    ['the stage of the API', {}, [/:apigateway:us-east-1::\/restapis\/.*\/stages\//]],
    ['the load balancer', CONTAINER, [/LoadBalancer/]],
    ['both', BOTH, [/\/stages\//, /LoadBalancer/]],
  ])('%s', (_, more, doors) => {
    const found = before(of(true, more));
    expect(found).toHaveLength(doors.length);
    doors.forEach((door, index) => {
      expect(found[index]).toMatch(door);
    });
  });

  test('a web ACL that is there is attached, and nothing else of WAF is made', () => {
    const arn = 'arn:aws:wafv2:us-east-1:111122223333:regional/webacl/shared/12345678-1234-1234-1234-123456789012';
    const resources = of(arn, BOTH);
    expect(ofType(resources, 'AWS::WAFv2::WebACLAssociation').map(({ WebACLArn }) => WebACLArn)).toEqual([arn, arn]);
    for (const type of ['WebACL', 'IPSet', 'LoggingConfiguration'])
      expect(ofType(resources, `AWS::WAFv2::${type}`)).toEqual([]);
  });
});
