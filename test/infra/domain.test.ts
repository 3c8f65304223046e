import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { adminSettings, invokeSettings } from '../../contract/settings.ts';
import {
  BOTH,
  CONTAINER,
  DOMAIN,
  flat,
  MADE,
  NAMED,
  ofType,
  only,
  type Resource,
  resourcesOf,
  stackOf,
  statementsOf,
} from './synth.ts';

const of = (given: Record<string, unknown>) => resourcesOf(stackOf(given).stack);
const outputsOf = (given: Record<string, unknown>) => {
  const { Outputs } = Template.fromStack(stackOf(given).stack).toJSON() as {
    Outputs: Record<string, { Value: unknown }>;
  };
  return Object.fromEntries(Object.entries(Outputs).map(([id, { Value }]) => [id, flat(Value)]));
};

const plain = of({});
const named = of(DOMAIN);
const both = of({ ...NAMED, 'tollgate:admin': true });
const { 'tollgate:domain': spelt } = NAMED as { 'tollgate:domain': Record<string, unknown> };
const alone = of({ ...NAMED, 'tollgate:runtime': 'container' });

const typeOf = (resources: Record<string, Resource>, reference: unknown) =>
  resources[flat(reference).replace(/[<>]/g, '').split('.')[0] ?? '']?.Type;

/** Where each name leads. */
const aliases = (resources: Record<string, Resource>) =>
  Object.entries(resources)
    .filter(([, { Type }]) => Type === 'AWS::Route53::RecordSet')
    .map(([id, { Properties }]) => {
      const { DNSName } = Properties.AliasTarget as Record<string, unknown>;
      expect(Properties.HostedZoneId).toBe('Z0123456789ABC');
      return {
        id,
        name: Properties.Name,
        type: Properties.Type,
        to: typeOf(resources, flat(DNSName).replace(/^dualstack\./, '')),
      };
    });

const API = 'AWS::ApiGateway::DomainName';
const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';

describe('without a name of its own', () => {
  test('nothing of one is there, and the API is as it was', () => {
    expect(JSON.stringify(plain)).not.toMatch(/DomainName|Route53|CertificateManager|SecurityPolicy|BASE_PATH|Disable/);
    const changed = Object.keys(plain).filter((id) => JSON.stringify(plain[id]) !== JSON.stringify(named[id]));
    // What of an API is changed is in force with its next deployment, so there is one.
    expect(changed.map((id) => plain[id]?.Type).sort()).toEqual([
      'AWS::ApiGateway::Deployment',
      'AWS::ApiGateway::RestApi',
      'AWS::ApiGateway::Stage',
    ]);
  });
});

describe('a name of the API', () => {
  test('leads to it over IPv4 and IPv6, and its certificate is made and proved in the zone', () => {
    expect(aliases(named).map(({ name, type, to }) => [name, type, to])).toEqual([
      ['models.example.com.', 'A', API],
      ['models.example.com.', 'AAAA', API],
    ]);
    expect(only(named, 'AWS::CertificateManager::Certificate')).toMatchObject({
      DomainName: 'models.example.com',
      ValidationMethod: 'DNS',
      DomainValidationOptions: [{ DomainName: 'models.example.com', HostedZoneId: 'Z0123456789ABC' }],
    });
    const domain = only(named, API);
    expect(domain).toMatchObject({
      DomainName: 'models.example.com',
      EndpointConfiguration: { Types: ['REGIONAL'], IpAddressType: 'dualstack' },
      EndpointAccessMode: 'STRICT',
    });
    expect(typeOf(named, domain.RegionalCertificateArn)).toBe('AWS::CertificateManager::Certificate');
    const mapping = only(named, 'AWS::ApiGateway::BasePathMapping');
    expect(mapping).not.toHaveProperty('BasePath');
    expect([typeOf(named, mapping.RestApiId), typeOf(named, mapping.Stage)]).toEqual([
      'AWS::ApiGateway::RestApi',
      'AWS::ApiGateway::Stage',
    ]);
  });

  test('TLS 1.2 is the least that is spoken, or 1.3, under the name and at the API, whose policy decides', () => {
    for (const [resources, policy] of [
      [named, /^SecurityPolicy_TLS13_1_2_PFS_/],
      [both, /^SecurityPolicy_TLS13_1_3_/],
    ] as const)
      for (const type of [API, 'AWS::ApiGateway::RestApi'])
        expect(only(resources, type).SecurityPolicy, type).toMatch(policy);
    expect(only(named, 'AWS::ApiGateway::RestApi').EndpointAccessMode).toBe('BASIC');
  });

  test('the API’s own address is closed where that is told, and open else', () => {
    expect(only(both, 'AWS::ApiGateway::RestApi').DisableExecuteApiEndpoint).toBe(true);
    expect(only(named, 'AWS::ApiGateway::RestApi')).not.toHaveProperty('DisableExecuteApiEndpoint');
    const open = of({ 'tollgate:domain': { ...spelt, defaultEndpoint: true }, 'tollgate:runtime': 'lambda' });
    const deployment = (resources: Record<string, Resource>) =>
      Object.keys(resources).find((id) => resources[id]?.Type === 'AWS::ApiGateway::Deployment');
    const closed = of({ 'tollgate:domain': spelt, 'tollgate:runtime': 'lambda' });
    expect(deployment(open)).not.toBe(deployment(closed));
  });

  test('with a certificate that is there none is made, and without a zone whoever deploys is told where the name is to lead', () => {
    const given = {
      'tollgate:certificateArn': CONTAINER['tollgate:certificateArn'],
      'tollgate:domain': { name: 'a.example.com' },
    };
    const resources = of(given);
    expect(ofType(resources, 'AWS::CertificateManager::Certificate')).toEqual([]);
    expect(only(resources, API).RegionalCertificateArn).toBe(CONTAINER['tollgate:certificateArn']);
    expect(aliases(resources)).toEqual([]);
    const outputs = outputsOf(given);
    expect(outputs.Url).toBe('https://a.example.com/');
    const told = Object.entries(outputs).filter(([id]) => id.startsWith('DomainTarget'));
    expect(told.map(([, value]) => value.split('.')[1])).toEqual(['RegionalDomainName>', 'RegionalHostedZoneId>']);
  });

  test('of a name that is made elsewhere it takes the base path alone', () => {
    const shared = of({ 'tollgate:domain': { name: 'models.example.com', existing: true, basePath: 'acme' } });
    expect(only(shared, 'AWS::ApiGateway::BasePathMapping')).toMatchObject({
      DomainName: 'models.example.com',
      BasePath: 'acme',
    });
    for (const type of [API, 'AWS::Route53::RecordSet', 'AWS::CertificateManager::Certificate'])
      expect(ofType(shared, type)).toEqual([]);
  });
});

describe('a name of a private API', () => {
  const inside = of({ ...DOMAIN, ...MADE });
  const endpoint = Object.keys(inside).find(
    (id) =>
      inside[id]?.Type === 'AWS::EC2::VPCEndpoint' && flat(inside[id]?.Properties.ServiceName).includes('execute-api'),
  );

  test('is a private one with the API’s policy, associated with the endpoint, to which it leads', () => {
    expect(ofType(inside, API)).toEqual([]);
    const name = only(inside, 'AWS::ApiGateway::DomainNameV2');
    expect(name).toMatchObject({ EndpointConfiguration: { Types: ['PRIVATE'] }, EndpointAccessMode: 'STRICT' });
    expect(name.Policy).toEqual(only(inside, 'AWS::ApiGateway::RestApi').Policy);
    expect(JSON.stringify(name.Policy)).toContain('"Effect":"Deny"');
    const access = only(inside, 'AWS::ApiGateway::DomainNameAccessAssociation');
    expect(access.AccessAssociationSource).toEqual({ Ref: endpoint });
    expect(typeOf(inside, only(inside, 'AWS::ApiGateway::BasePathMappingV2').DomainNameArn)).toBe(
      'AWS::ApiGateway::DomainNameV2',
    );
    const { AliasTarget } = only(inside, 'AWS::Route53::RecordSet');
    expect(JSON.stringify(AliasTarget)).toContain(`["${endpoint}","DnsEntries"]`);
  });

  test('passes the endpoint, and no other name does', () => {
    const names = statementsOf(inside[endpoint ?? '']?.Properties.PolicyDocument)
      .flatMap(({ Resource }) => Resource)
      .filter((one) => one.includes('/domainnames/'));
    expect(names).toEqual(['arn:aws:execute-api:us-east-1:111122223333:/domainnames/models.example.com+*']);
  });

  test('is not one that is made elsewhere', () => {
    const existing = { name: 'models.example.com', existing: true };
    expect(() => of({ 'tollgate:domain': existing, ...MADE })).toThrow(
      expect.objectContaining({ code: 'bad_setting', field: 'tollgate:domain.existing' }),
    );
  });
});

describe('a base path', () => {
  const environments = (resources: Record<string, Resource>) =>
    ofType(resources, 'AWS::Lambda::Function').flatMap(({ FunctionName, Environment }) => {
      const { Variables = {} } = (Environment ?? {}) as { Variables?: Record<string, unknown> };
      return 'TOLLGATE_BASE_PATH' in Variables ? [[FunctionName, Variables] as const] : [];
    });

  test('is mapped, and told to what serves paths, and to nothing else', () => {
    expect(only(both, 'AWS::ApiGateway::BasePathMapping').BasePath).toBe('ai');
    const told = environments(both);
    expect(told.map(([name]) => name).sort()).toEqual(['tollgate-dev-admin', 'tollgate-dev-invoke']);
    for (const [name, variables] of told) {
      const env = Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, flat(value)]));
      const read = String(name).endsWith('-admin') ? adminSettings : invokeSettings;
      expect(read(env).basePath).toBe('/ai');
    }
    const [container] = only(both, 'AWS::ECS::TaskDefinition').ContainerDefinitions as { Environment: object[] }[];
    expect(container?.Environment).toContainEqual({ Name: 'TOLLGATE_BASE_PATH', Value: 'ai' });
    expect(outputsOf(NAMED).Url).toBe('https://models.example.com/ai/');
  });
});

describe('a name of the load balancer', () => {
  test('leads to it beside the API’s, under one certificate', () => {
    expect(aliases(both).map(({ name, type, to }) => [name, type, to])).toEqual([
      ['models.example.com.', 'A', API],
      ['models.example.com.', 'AAAA', API],
      ['stream.example.com.', 'A', BALANCER],
    ]);
    expect(only(both, 'AWS::CertificateManager::Certificate')).toMatchObject({
      DomainName: 'models.example.com',
      SubjectAlternativeNames: ['stream.example.com'],
    });
    const { Certificates, SslPolicy } = only(both, 'AWS::ElasticLoadBalancingV2::Listener');
    const [certificate] = Certificates as { CertificateArn: unknown }[];
    expect(typeOf(both, certificate?.CertificateArn)).toBe('AWS::CertificateManager::Certificate');
    expect(SslPolicy).toMatch(/^ELBSecurityPolicy-TLS13-1-3-/);
    const { SslPolicy: usual } = only(of(BOTH), 'AWS::ElasticLoadBalancingV2::Listener');
    expect(usual).toMatch(/^ELBSecurityPolicy-TLS13-1-2-/);
  });

  test('without an API both names are its own, in the same records: a stage that leaves the API keeps its address', () => {
    const [first, , second] = aliases(both);
    expect(aliases(alone)).toEqual([
      { ...first, to: BALANCER },
      { ...second, to: BALANCER },
    ]);
    expect(ofType(alone, API)).toEqual([]);
  });

  test('a certificate that is given is the load balancer’s and the API’s', () => {
    const given = of({ ...BOTH, 'tollgate:domain': { name: 'a.example.com', containerName: 'b.example.com' } });
    expect(only(given, API).RegionalCertificateArn).toBe(BOTH['tollgate:certificateArn']);
    expect(only(given, 'AWS::ElasticLoadBalancingV2::Listener').Certificates).toEqual([
      { CertificateArn: BOTH['tollgate:certificateArn'] },
    ]);
  });
});
