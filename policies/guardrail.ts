import { TollgateError } from '../contract/errors.ts';
import type { Guardrail } from '../contract/model.ts';
import { type Partition, partitionOf } from './partition.ts';

/** A guardrail that was checked once; neither part holds a wildcard, a policy variable or white space. */
export interface GuardrailArn {
  /** What `bedrock:ApplyGuardrail` is authorised on. */
  readonly text: string;
  readonly partition: Partition;
  readonly region: string;
  /** The last part of the ARN, which a caller may write in its place. */
  readonly id: string;
  /**
   * What `bedrock:GuardrailIdentifier` holds in a call: a numbered version is part of it, the draft is not
   * (https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions-id.html, examples 1 and 2).
   */
  readonly identifier: string;
}

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailConfiguration.html
const ARN = /^arn:(aws[a-z-]{0,10}):bedrock:([a-z0-9-]{1,20}):\d{12}:guardrail\/([a-z0-9]{1,64})$/;
const VERSION = /^(?:[1-9]\d{0,7}|DRAFT)$/;

/**
 * @param field what to name in the error
 * @throws TollgateError `bad_arn` with reason guardrail | region for the ARN, guardrail-version for the version
 */
export function parseGuardrail({ arn, version }: Guardrail, field = 'guardrail'): GuardrailArn {
  const fail = (member: string, reason: string): TollgateError =>
    new TollgateError('bad_arn', { field: `${field}.${member}`, reason });
  const [, partition, region = '', id = ''] = (typeof arn === 'string' && ARN.exec(arn)) || [];
  if (id === '') throw fail('arn', 'guardrail');
  const known = partitionOf(region);
  if (known === undefined || known !== partition) throw fail('arn', 'region');
  if (typeof version !== 'string' || !VERSION.test(version)) throw fail('version', 'guardrail-version');
  const identifier = version === 'DRAFT' ? arn : `${arn}:${version}`;
  return { text: arn, partition: known, region, id, identifier };
}
