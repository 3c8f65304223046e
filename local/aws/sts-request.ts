import { parsePolicy } from '../../policies/simulate/parse.ts';
import type { Access, Policy, RequestContext } from '../../policies/simulate/types.ts';
import { AwsError, invalid } from './error.ts';

/**
 * The limits of AssumeRole as its reference states them, kept apart from contract/limits/ on purpose: what checks our
 * requests must not share a constant with what makes them
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
 */
const POLICY_MAX_CHARS = 2048;
const NAME = /^[\w+=,.@-]{2,64}$/;
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;
const TAGS_MAX = 50;
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const POLICY_CHARS = /^[\t\n\r\u0020-\u00FF]+$/;
const SECONDS_MIN = 900;
const SECONDS_MAX = 43_200;
const SECONDS_DEFAULT = 3600;

export interface AssumeRoleRequest {
  roleArn: string;
  sessionName: string;
  sourceIdentity: string | null;
  externalId: string | null;
  seconds: number;
  tags: Record<string, string>;
  policy: Policy | null;
  /** Of the 2,048 characters, rounded up. */
  packedPercent: number | undefined;
  /** AssumeRole itself, and TagSession and SetSourceIdentity where they are asked for: all must be allowed. */
  accesses: Access[];
}

/** @throws AwsError ValidationError, MalformedPolicyDocument or PackedPolicyTooLarge */
export function readAssumeRole(form: URLSearchParams): AssumeRoleRequest {
  const roleArn = form.get('RoleArn') ?? '';
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn)) throw bad(`${roleArn} is invalid`);
  const sessionName = form.get('RoleSessionName') ?? '';
  if (!NAME.test(sessionName)) throw bad('Value at roleSessionName must be 2 to 64 characters of [\\w+=,.@-]');
  const sourceIdentity = form.get('SourceIdentity');
  if (sourceIdentity !== null && (!NAME.test(sourceIdentity) || sourceIdentity.startsWith('aws:')))
    throw bad('Value at sourceIdentity must be 2 to 64 characters of [\\w+=,.@-]');
  const seconds = Number(form.get('DurationSeconds') ?? SECONDS_DEFAULT);
  if (!Number.isInteger(seconds) || seconds < SECONDS_MIN || seconds > SECONDS_MAX)
    throw bad(`Value at durationSeconds must be ${SECONDS_MIN} to ${SECONDS_MAX}`);
  const externalId = form.get('ExternalId');
  if (externalId !== null && !EXTERNAL_ID.test(externalId))
    throw bad('Value at externalId must be 2 to 1224 characters of [\\w+=,.@:\\/-]');
  const tags = readTags(form);
  const text = form.get('Policy');
  const request = { roleArn, sessionName, sourceIdentity, externalId, seconds, tags };
  return {
    ...request,
    policy: text === null ? null : readPolicy(text),
    packedPercent: text === null ? undefined : Math.ceil((text.length / POLICY_MAX_CHARS) * 100),
    accesses: accessesOf(request),
  };
}

function readPolicy(text: string): Policy {
  if (!POLICY_CHARS.test(text))
    throw bad('Value at policy must be characters of [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+');
  if (text.length > POLICY_MAX_CHARS)
    throw new AwsError(
      400,
      'PackedPolicyTooLarge',
      `Packed policy consumes more than the ${POLICY_MAX_CHARS} characters`,
    );
  const policy = parsePolicy(text);
  if (typeof policy === 'string')
    throw new AwsError(400, 'MalformedPolicyDocument', `Syntax errors in policy: ${policy}`);
  return policy;
}

function readTags(form: URLSearchParams): Record<string, string> {
  const tags = new Map<string, string>();
  for (let i = 1; form.has(`Tags.member.${i}.Key`); i++) {
    const key = form.get(`Tags.member.${i}.Key`) ?? '';
    const value = form.get(`Tags.member.${i}.Value`) ?? '';
    if (!TAG_KEY.test(key) || key.toLowerCase().startsWith('aws:')) throw bad(`Value at tags.${i}.key is invalid`);
    if (!TAG_VALUE.test(value)) throw bad(`Value at tags.${i}.value is invalid`);
    // Keys that differ only in case are one key to IAM.
    if ([...tags.keys()].some((other) => other.toLowerCase() === key.toLowerCase()))
      throw invalid(
        'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
        'InvalidParameterValue',
      );
    tags.set(key, value);
  }
  if (tags.size > TAGS_MAX) throw bad(`Value at tags must have at most ${TAGS_MAX} members`);
  return Object.fromEntries(tags);
}

/** Each action is decided with the condition keys that the Service Authorization Reference lists for it, and no others. */
function accessesOf(request: Omit<AssumeRoleRequest, 'accesses' | 'policy' | 'packedPercent'>): Access[] {
  const { roleArn, sessionName, sourceIdentity, externalId, tags } = request;
  const keys = Object.keys(tags);
  const source: RequestContext = sourceIdentity === null ? {} : { 'sts:SourceIdentity': sourceIdentity };
  const tagged: RequestContext =
    keys.length === 0
      ? {}
      : { 'aws:TagKeys': keys, ...Object.fromEntries(keys.map((key) => [`aws:RequestTag/${key}`, tags[key] ?? ''])) };
  const accesses: Access[] = [
    {
      action: 'sts:AssumeRole',
      resource: roleArn,
      context: {
        'sts:RoleSessionName': sessionName,
        ...(externalId === null ? {} : { 'sts:ExternalId': externalId }),
        ...source,
        ...tagged,
      },
    },
  ];
  if (keys.length > 0) accesses.push({ action: 'sts:TagSession', resource: roleArn, context: tagged });
  if (sourceIdentity !== null) accesses.push({ action: 'sts:SetSourceIdentity', resource: roleArn, context: source });
  return accesses;
}

function bad(message: string): AwsError {
  return invalid(`1 validation error detected: ${message}`, 'ValidationError');
}
