/**
 * Calls a second, and at once, that a stage or a unit may be given at most: what API Gateway gives an account in a region unless AWS
 * raises it (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
 */
export const THROTTLE_RATE_MAX = 10_000;
export const THROTTLE_BURST_MAX = 5_000;
