import { SignatureV4 } from '@smithy/signature-v4';

/**
 * In the place of the signer for several regions at once: a function signs each call for the one region that it goes to, and would
 * have no such signer installed (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html, SigV4a).
 */
export class SignatureV4MultiRegion extends SignatureV4 {
  static sigv4aDependency(): string {
    return 'none';
  }
}

/** What S3's client signs for directory buckets with, of which none is read. */
export { SignatureV4 as SignatureV4SignWithCredentials };
