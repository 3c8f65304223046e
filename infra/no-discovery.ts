/**
 * In the place of how DynamoDB's client would find endpoints of its own: none of its commands asks for that, and the cache for it
 * would be loaded at each start. A command that asked would find nothing to import, and the bundle would not be made.
 */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};

export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;
