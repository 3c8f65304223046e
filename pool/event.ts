/**
 * What a user pool asks, as far as it is read here. AWS describes the events in
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html (versions 2 and 3, which are
 * alike) and https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-inbound-federation.html.
 */

/** Before a token is given out. */
export interface TokenEvent {
  triggerSource: string;
  callerContext?: { clientId?: string };
  request: {
    /** Of a person; a machine has none. */
    userAttributes?: Readonly<Record<string, string>> | null;
    /** The person's groups in this pool. */
    groupConfiguration?: { groupsToOverride?: readonly string[] | null } | null;
    scopes?: readonly string[] | null;
    // `clientMetadata` is the caller's own text, and nothing that decides.
  };
}

/** Before what a provider said of somebody is kept. */
export interface FederationEvent {
  triggerSource: typeof FEDERATION;
  request: {
    providerName: string;
    providerType: string;
    attributes: {
      idToken?: Readonly<Record<string, unknown>> | null;
      userInfo?: Readonly<Record<string, unknown>> | null;
      samlResponse?: Readonly<Record<string, unknown>> | null;
    };
  };
}

export type PoolEvent = TokenEvent | FederationEvent;

export const FEDERATION = 'InboundFederation_ExternalProvider';
export const MACHINE = 'TokenGeneration_ClientCredentials';

/** A source that is none of these is not known to be a person's. */
export const PEOPLE: ReadonlySet<string> = new Set(
  ['HostedAuth', 'Authentication', 'NewPasswordChallenge', 'AuthenticateDevice', 'RefreshTokens'].map(
    (name) => `TokenGeneration_${name}`,
  ),
);

export function isFederation(event: PoolEvent): event is FederationEvent {
  return event.triggerSource === FEDERATION;
}
