import { TollgateError } from '../contract/errors.ts';
import type { ModelArn } from './kinds/kind.ts';
import { SHAPES } from './kinds.ts';
import { isPartition, partitionOf } from './partition.ts';

/**
 * The ARNs that a session policy may name: exactly what a call to a model is authorised on, and nothing with a meaning
 * of its own inside a policy (`*`, `?`, `${...}`). Which shapes there are, each kind of target says.
 */

const SERVICES: ReadonlySet<string> = new Set(Object.values(SHAPES).map(({ service }) => service));

const LEGAL = /^[A-Za-z0-9:/.-]+$/;

/** Characters. Longer than any ARN these shapes allow (about 330), so that no pattern runs over a hostile megabyte. */
const ARN_MAX_CHARS = 512;

/**
 * @param value what should be the ARN of something callable
 * @param field what to name in the error, e.g. `target.modelArns[2]`
 * @throws TollgateError `bad_arn` with reason not-text | too-long | characters | shape | partition | service | region |
 *   account | resource-type | resource-id. After the call the text holds no wildcard, policy variable or white space.
 */
export function parseModelArn(value: unknown, field = 'arn'): ModelArn {
  const fail = (reason: string): TollgateError => new TollgateError('bad_arn', { field, reason });
  if (typeof value !== 'string') throw fail('not-text');
  if (value.length > ARN_MAX_CHARS) throw fail('too-long');
  // Before anything is split: `*`, `?`, `$`, braces, white space, look-alike letters.
  if (!LEGAL.test(value)) throw fail('characters');
  // Stryker disable next-line StringLiteral: without one of these there is no resource either, which is refused first.
  const [arn, partition = '', service = '', region = '', account = '', ...rest] = value.split(':');
  const resource = rest.join(':');
  const slash = resource.indexOf('/');
  if (arn !== 'arn' || slash < 1) throw fail('shape');
  if (!isPartition(partition)) throw fail('partition');
  if (!SERVICES.has(service)) throw fail('service');
  const resourceType = resource.slice(0, slash);
  const resourceId = resource.slice(slash + 1);
  const shape = Object.hasOwn(SHAPES, resourceType) ? SHAPES[resourceType] : undefined;
  if (shape?.service !== service) throw fail('resource-type');
  const isPublic = shape.public === true;
  if (!(region === '' && isPublic) && partitionOf(region) !== partition) throw fail('region');
  if (isPublic ? account !== '' : !/^\d{12}$/.test(account)) throw fail('account');
  if (!shape.id.test(resourceId)) throw fail('resource-id');
  return { text: value, partition, service, region, account, resourceType, resourceId };
}
