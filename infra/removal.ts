import { RemovalPolicy } from 'aws-cdk-lib';
import type { InfraSettings } from './settings/index.ts';

/**
 * Of what holds data that matters. Kept on an update or a deletion and not when the deployment that makes it fails: it is
 * empty then, and its fixed name would be in the way of the next one.
 */
export function removalOfData({ protect }: InfraSettings): RemovalPolicy {
  return protect === 'none' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
}
