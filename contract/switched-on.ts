/** What of a gateway can be on or off, as its own settings say. */
export interface Switches {
  issuers: readonly { issuer: string }[];
  authorizerTtlSeconds: number;
  broker: boolean;
  tenantIsolation: boolean;
  /** Undefined: there are none. */
  keyMaxDays?: number | undefined;
  corsOrigins: readonly string[];
  storeResponses?: boolean | undefined;
  /** JSON. */
  routingJson?: string | undefined;
  sharedHealth?: boolean | undefined;
}

/** In words, by name: for the banner of a start and for `tollgate status`. */
export function switchedOn(of: Switches): Record<string, string> {
  const on = (is: boolean | undefined): string => (is ? 'on' : 'off');
  return {
    issuers: of.issuers.map(({ issuer }) => issuer).join(', '),
    'authorizer TTL': `${of.authorizerTtlSeconds} s`,
    broker: on(of.broker),
    'tenant isolation': on(of.tenantIsolation),
    keys: of.keyMaxDays === undefined ? 'off' : `on, for at most ${of.keyMaxDays} days`,
    browsers: of.corsOrigins.length === 0 ? 'off' : of.corsOrigins.join(', '),
    'stored responses': on(of.storeResponses),
    'shared health': on(of.sharedHealth),
    ...(of.routingJson === undefined ? {} : { routing: of.routingJson }),
  };
}
