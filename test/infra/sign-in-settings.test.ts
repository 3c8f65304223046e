import { describe, expect, test } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings/index.ts';
import { POOL, PROVIDERS, SIGN_IN } from './sign-in.ts';

const read = (cognito: unknown, more: Record<string, unknown> = {}) =>
  readSettings({ ...cdk.context, 'tollgate:cognito': cognito, ...more });

const { Entra, Okta, GoogleWork, Dex, IdentityCenter } = PROVIDERS;
const provider = (name: string, of: object) => ({ ...POOL, providers: { [name]: of } });
const without = (of: Record<string, unknown>, member: string) =>
  Object.fromEntries(Object.entries(of).filter(([name]) => name !== member));

describe('a user pool is refused by the path of what is wrong', () => {
  const cases: [name: string, given: unknown, field: string, sentence: string][] = [
    ['text', 'yes', '', 'must be an object with members'],
    ['no domain', without(POOL, 'domain'), '.domain', 'is not set'],
    ['a domain of AWS’s', { ...POOL, domain: 'my-cognito-login' }, '.domain.prefix', 'must be 1 to 63'],
    ['a domain in capitals', { ...POOL, domain: 'Acme' }, '.domain.prefix', 'must be 1 to 63'],
    [
      'a domain without its certificate',
      { ...POOL, domain: { name: 'login.acme.example' } },
      '.domain',
      'must be a prefix, or',
    ],
    [
      'a certificate of another region than Cognito reads',
      {
        ...POOL,
        domain: { name: 'login.acme.example', certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1' },
      },
      '.domain.certificateArn',
      'must be the ARN of a certificate of ACM in us-east-1',
    ],
    [
      'a certificate of another partition',
      {
        ...POOL,
        domain: { name: 'login.acme.example', certificateArn: 'arn:aws-cn:acm:us-east-1:111122223333:certificate/1' },
      },
      '.domain.certificateArn',
      'must be of a certificate of the account that deploys, partition aws',
    ],
    ['nowhere to come back to', { ...POOL, callbackUrls: [] }, '.callbackUrls', 'must list where people come back to'],
    [
      'coming back in clear text',
      { ...POOL, callbackUrls: ['http://console.acme.example/'] },
      '.callbackUrls[0]',
      'must be an https URL',
    ],
    [
      'coming back to anywhere',
      { ...POOL, callbackUrls: ['https://*.acme.example/'] },
      '.callbackUrls[0]',
      'must be an https URL',
    ],
    [
      'a group that means nothing',
      { ...POOL, groups: ['acme'] },
      '.groups[0]',
      'must be tenant:<tenant id> or role:<role>',
    ],
    ['a group of no tenant', { ...POOL, groups: ['tenant:a/b'] }, '.groups[0]', 'must be tenant:<tenant id>'],
    [
      'a machine without a tenant',
      { ...POOL, machines: { a: { roles: ['admin'] } } },
      '.machines.a.tenant',
      'is not set',
    ],
    ['a machine of no tenant', { ...POOL, machines: { a: 'a b' } }, '.machines.a.tenant', 'must be a tenant id'],
    ['a machine’s name in capitals', { ...POOL, machines: { A: 'acme' } }, '.machines.A', 'must be named by a-z'],
    ['a plan that does not do it', { ...POOL, plan: 'lite' }, '.plan', 'must be one of essentials | plus'],
    [
      'a member that is none',
      { ...POOL, callbackURLs: [] },
      '.callbackURLs',
      'is not a known member; did you mean callbackUrls?',
    ],
    [
      'one of the domain',
      { ...POOL, domain: { prefx: 'a' } },
      '.domain.prefx',
      'is not a known member; did you mean prefix?',
    ],
    [
      'one of a machine',
      { ...POOL, machines: { a: { tenant: 'acme', role: ['admin'] } } },
      '.machines.a.role',
      'is not a known member; did you mean roles?',
    ],
    [
      'one of a group',
      provider('Dex', { ...Dex, groups: { a: { tenannt: 'acme' } } }),
      '.providers.Dex.groups.a.tenannt',
      'is not a known member; did you mean tenant?',
    ],
    [
      'one of a provider',
      provider('Dex', { ...Dex, isuer: 'https://dex.acme.example' }),
      '.providers.Dex.isuer',
      'is not a known member; did you mean issuer?',
    ],
    [
      'a kind of provider that is none',
      provider('Entra', { ...Entra, kind: 'azure' }),
      '.providers.Entra.kind',
      'must be one of entra, okta, google, oidc, saml',
    ],
    [
      'a provider by one of Cognito’s own names',
      provider('Google', GoogleWork),
      '.providers.Google',
      'must be named otherwise',
    ],
    [
      'anybody’s directory',
      provider('Entra', { ...Entra, issuer: 'https://login.microsoftonline.com/common/v2.0' }),
      '.providers.Entra.issuer',
      'must look like',
    ],
    [
      'an issuer in clear text',
      provider('Dex', { ...Dex, issuer: 'http://dex.acme.example' }),
      '.providers.Dex.issuer',
      'must be an https URL',
    ],
    [
      'an issuer of an odd port',
      provider('Dex', { ...Dex, issuer: 'https://dex.acme.example:5556' }),
      '.providers.Dex.issuer',
      'must be an https URL',
    ],
    [
      'an issuer that ends in a slash',
      provider('Okta', { ...Okta, issuer: 'https://acme.okta.com/' }),
      '.providers.Okta.issuer',
      'must',
    ],
    [
      'a provider without its issuer',
      provider('Okta', without(Okta, 'issuer')),
      '.providers.Okta.issuer',
      'is not set',
    ],
    ['one whose groups have no claim', provider('Dex', without(Dex, 'claim')), '.providers.Dex.claim', 'is not set'],
    ['one whose groups mean nothing', provider('Dex', without(Dex, 'groups')), '.providers.Dex.groups', 'is not set'],
    [
      'a group that is nothing',
      provider('Dex', { ...Dex, groups: { a: {} } }),
      '.providers.Dex.groups.a',
      'must name a tenant, roles or both',
    ],
    [
      'a group of no tenant, of a provider',
      provider('Dex', { ...Dex, groups: { a: 'a/b' } }),
      '.providers.Dex.groups.a.tenant',
      'must be a tenant id',
    ],
    [
      'a role with a space',
      provider('Dex', { ...Dex, groups: { a: { roles: ['a b'] } } }),
      '.providers.Dex.groups.a.roles[0]',
      'must be a role',
    ],
    [
      'Google’s people by their addresses',
      provider('GoogleWork', { ...GoogleWork, claim: 'email' }),
      '.providers.GoogleWork.claim',
      'must be one of',
    ],
    [
      'a secret in the open',
      provider('Okta', { ...Okta, clientSecret: 's3cret-value' }),
      '.providers.Okta.clientSecret',
      'must not stand here, but in Secrets Manager',
    ],
    [
      'a secret in an ARN’s place',
      provider('Okta', { ...Okta, secretArn: 's3cret-value' }),
      '.providers.Okta.secretArn',
      'must be the ARN of a secret',
    ],
    [
      'a secret of another region',
      provider('Okta', { ...Okta, secretArn: Okta.secretArn.replace('us-east-1', 'eu-west-1') }),
      '.providers.Okta.secretArn',
      'must be of a secret in us-east-1',
    ],
    [
      'a secret of another partition',
      provider('Okta', { ...Okta, secretArn: Okta.secretArn.replace('arn:aws:', 'arn:aws-us-gov:') }),
      '.providers.Okta.secretArn',
      'must be of a secret in us-east-1, partition aws,',
    ],
    [
      'SAML with a client',
      provider('Sso', { ...IdentityCenter, clientId: 'x' }),
      '.providers.Sso.clientId',
      'is not a known member',
    ],
    [
      'SAML without its metadata',
      provider('Sso', without(IdentityCenter, 'metadataUrl')),
      '.providers.Sso.metadataUrl',
      'is not set',
    ],
    [
      'more groups than a function can be told',
      provider('Dex', {
        ...Dex,
        groups: Object.fromEntries([...Array(120).keys()].map((n) => [`group-of-acme-${n}`, 'acme'])),
      }),
      '.providers',
      'must have groups of at most 3400 bytes',
    ],
    [
      'more scopes than a server has',
      {
        ...POOL,
        machines: Object.fromEntries(
          [...Array(51).keys()].map((n) => [`m${n}`, { tenant: `t${n}`, roles: [`r${n}`] }]),
        ),
      },
      '.machines',
      'must be of at most 100 tenants and roles',
    ],
  ];
  test.each(cases)('%s', (_, given, path, sentence) => {
    const field = `tollgate:cognito${path}`;
    let said = '';
    try {
      read(given);
    } catch (error) {
      expect(error).toMatchObject({ code: 'bad_setting', field });
      said = (error as { publicMessage: string }).publicMessage;
    }
    expect(said).toContain(`${field} ${sentence}`);
    expect(said).not.toContain('s3cret-value');
  });

  test('in China, where there are none', () => {
    const china = { 'tollgate:region': 'cn-north-1', 'tollgate:modelRegions': 'cn-north-1' };
    expect(() => read(POOL, china)).toThrow(expect.objectContaining({ field: 'tollgate:cognito' }));
  });
});

describe('a user pool is read', () => {
  test('as an object, and as text that `-c` gave', () => {
    expect(read(JSON.stringify(SIGN_IN)).cognito).toEqual(read(SIGN_IN).cognito);
    expect(read(SIGN_IN).cognito).toMatchObject({
      domain: { prefix: 'acme-tollgate' },
      machines: { 'acme-batch': { tenant: 'acme', roles: [] } },
      providers: { Entra: { claim: 'roles', groups: { 'Acme.User': { tenant: 'acme' } } } },
    });
  });

  test('beside no issuer at all, and an issuer is asked for without one', () => {
    for (const none of ['', [], '[]']) {
      expect(JSON.parse(read(POOL, { 'tollgate:issuers': none }).issuersJson)).toEqual([]);
      expect(() => read('none', { 'tollgate:issuers': none })).toThrow(
        expect.objectContaining({ field: 'tollgate:issuers' }),
      );
    }
  });
});
