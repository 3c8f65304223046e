/** Carries the gateway's request id (`context.requestId`) on every answer. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** The same where Anthropic's SDK looks for it. */
export const ANTHROPIC_ID_HEADER = 'request-id';

/** And where AWS's SDKs do: API Gateway adds it to every answer, and whoever stands in its place must. */
export const AWS_ID_HEADER = 'x-amzn-requestid';
