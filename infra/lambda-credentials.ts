import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Takes the place of `@aws-sdk/credential-provider-node` in a function's bundle, and of SSO's client. Lambda puts the role's
 * credentials into the environment (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), where the SDK looks
 * first; all else that it would try is a quarter of the bundle and is never there.
 */
export const defaultProvider = fromEnv;
