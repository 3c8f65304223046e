/**
 * In the place of the signer for several regions at once: a function signs each call for the one region that it goes to, and would
 * have no such signer installed (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html, SigV4a).
 */
export { SignatureV4 as SignatureV4MultiRegion } from '@smithy/signature-v4';
