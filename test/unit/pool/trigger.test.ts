import { describe, expect, test } from 'vitest';
import type { Providers } from '../../../contract/sign-in.ts';
import type { FederationEvent, TokenEvent } from '../../../pool/event.ts';
import { createTrigger } from '../../../pool/trigger.ts';
import file from '../../cases/pool-tokens.json' with { type: 'json' };

interface Case {
  name: string;
  event: TokenEvent;
  expected: { tenant: string; roles: string[] } | { reason: string };
}

const { providers, cases } = file as unknown as { providers: Providers; cases: Case[] };

/** What every event of Cognito has beside what is read of it. */
const common = {
  version: '3',
  region: 'us-east-1',
  userPoolId: 'us-east-1_EXAMPLE',
  userName: 'testuser',
  callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: '1example23456789' },
};

function asked(event: TokenEvent) {
  const lines: string[] = [];
  const trigger = createTrigger({ providers, clock: () => 1, write: (line) => lines.push(line) });
  const whole = { ...common, ...event, response: { claimsAndScopeOverrideDetails: null } };
  const answer = trigger(whole);
  const details = (answer.response as { claimsAndScopeOverrideDetails: Record<string, Record<string, unknown>> })
    .claimsAndScopeOverrideDetails;
  return {
    whole,
    answer,
    access: details.accessTokenGeneration ?? {},
    details,
    lines: lines.map((it) => JSON.parse(it)),
  };
}

describe('an access token', () => {
  test.each(cases)('$name', ({ event, expected }) => {
    const { access, lines } = asked(event);
    if ('tenant' in expected) {
      expect(access.claimsToAddOrOverride).toEqual(expected);
      expect(access).not.toHaveProperty('claimsToSuppress');
      expect(lines).toEqual([]);
    } else {
      expect(access).not.toHaveProperty('claimsToAddOrOverride');
      expect(access.claimsToSuppress).toEqual(['tenant', 'roles']);
      expect(lines).toMatchObject([
        { event: 'token-without-tenant', reason: expected.reason, client: '1example23456789' },
      ]);
    }
  });

  test.each(cases)('never lets its owner write an attribute, and leaves all else as it was: $name', ({ event }) => {
    const { whole, answer, access, details } = asked(event);
    expect(access.scopesToSuppress).toEqual(['aws.cognito.signin.user.admin']);
    expect(access).not.toHaveProperty('scopesToAdd');
    expect(details).not.toHaveProperty('idTokenGeneration');
    expect({ ...answer, response: null }).toEqual({ ...whole, response: null });
    // What is left out of an answer, Cognito takes out of the token.
    const { groupConfiguration } = event.request;
    expect(details.groupOverrideDetails).toEqual(groupConfiguration ?? undefined);
  });

  test('its log says who, and nothing of what a provider said', () => {
    const { event } = cases.find(({ name }) => name === 'two groups of a provider, of two tenants') as Case;
    expect(asked(event).lines).toEqual([
      {
        ...{ at: 1, level: 'warn', event: 'token-without-tenant', reason: 'several-tenants' },
        ...{ source: 'TokenGeneration_HostedAuth', client: '1example23456789' },
        principal: 'a36036a8-9061-424d-a737-56d57dae7bc6',
      },
    ]);
  });
});

describe('what a provider said, before it is kept', () => {
  const kept = (request: Partial<FederationEvent['request']>) => {
    const trigger = createTrigger({
      providers,
      clock: () => 1,
      write: () => {
        throw new Error('nothing is logged: there are tokens in it');
      },
    });
    const event: FederationEvent = {
      triggerSource: 'InboundFederation_ExternalProvider',
      request: { providerName: 'Entra', providerType: 'OIDC', attributes: {}, ...request },
    };
    return trigger({ ...common, version: '1', ...event }).response;
  };
  const ALL = { userAttributesToMap: {} };
  const tokenResponse = { access_token: 'eyExample', token_type: 'Bearer', expires_in: '3600' };
  const idToken = { sub: '12345', email: 'user@example.com' };
  const userInfo = { email: 'other@example.com', given_name: 'Example' };

  test.each([
    ['in the ID token', { idToken: { ...idToken, roles: 'Acme.User' }, userInfo }],
    ['as a list', { idToken: { ...idToken, roles: ['Acme.User'] }, userInfo }],
    ['in what its userinfo says', { idToken, userInfo: { ...userInfo, roles: '[Acme.User]' } }],
  ])('is kept as it is where the groups are there: %s', (_, attributes) => {
    expect(kept({ attributes: { tokenResponse, ...attributes } as never })).toEqual(ALL);
  });

  test.each([
    ['missing', {}],
    ['empty', { roles: '' }],
    ['an empty list', { roles: [] }],
    ['null', { roles: null }],
    ['somebody else’s', { groups: 'Acme.User' }],
  ])('says “no group” where the groups are %s: else the last that was said would hold for ever', (_, more) => {
    expect(kept({ attributes: { tokenResponse, idToken: { ...idToken, ...more }, userInfo } as never })).toEqual({
      userAttributesToMap: { given_name: 'Example', ...idToken, ...more, roles: '[]' },
    });
  });

  test('of SAML it is the assertion', () => {
    const samlResponse = { email: 'jane.smith@company.com', groups: 'Engineering,Domain Admins' };
    const saml = { providerName: 'Okta', providerType: 'SAML' };
    expect(kept({ ...saml, attributes: { samlResponse } })).toEqual(ALL);
    expect(kept({ ...saml, attributes: { samlResponse: { email: 'x' }, idToken: { groups: 'a' } } })).toEqual({
      userAttributesToMap: { email: 'x', groups: '[]' },
    });
    expect(kept({ ...saml, attributes: {} })).toEqual({ userAttributesToMap: { groups: '[]' } });
  });

  test.each(['Unknown', 'constructor', '__proto__'])(
    'of a provider without a table it is all kept: %s',
    (providerName) => {
      expect(kept({ providerName, attributes: { idToken } })).toEqual(ALL);
    },
  );
});
