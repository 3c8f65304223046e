import { invalid } from '../error.ts';
import { isObject, type JsonObject, listAt } from '../read.ts';
import type { WholeReply } from '../service.ts';

/** The guardrails that the local account has, in every region, by id. They change no answer of a model. */
const VERSIONS: Readonly<Record<string, readonly string[]>> = { demo: ['DRAFT', '1'] };

const ARN = /:guardrail\/([^:]+)(?::(.+))?$/;

/**
 * @param arn with its version, or without for the draft
 * @throws AwsError ValidationException when there is none
 */
export function findGuardrail(arn: string): void {
  const [, id = '', version = 'DRAFT'] = ARN.exec(arn) ?? [];
  if (Object.hasOwn(VERSIONS, id) && VERSIONS[id]?.includes(version)) return;
  throw invalid('The guardrail identifier or version provided in the request does not exist.');
}

/** The one word that the local guardrails block, where they are applied by themselves. */
const BLOCKED = '[[blocked]]';

/** Characters of a text unit, by which AWS bills (https://aws.amazon.com/bedrock/pricing/). */
const UNIT_CHARS = 1_000;

/**
 * ApplyGuardrail: a word filter of one word.
 *
 * @param arn as for findGuardrail
 * @throws AwsError ValidationException
 */
export function applyGuardrail(arn: string, { source, content }: JsonObject): WholeReply {
  findGuardrail(arn);
  if (source !== 'INPUT' && source !== 'OUTPUT') throw invalid('source must be INPUT or OUTPUT');
  const texts = listAt(content, 'content').map((block) => {
    const text = isObject(block) && isObject(block.text) ? block.text.text : undefined;
    if (typeof text !== 'string') throw invalid('content must be a list of texts');
    return text;
  });
  if (texts.length === 0) throw invalid('content must not be empty');
  const found = texts.some((text) => text.includes(BLOCKED));
  const units = Math.ceil(texts.reduce((sum, text) => sum + text.length, 0) / UNIT_CHARS);
  const usage = {
    topicPolicyUnits: 0,
    contentPolicyUnits: 0,
    wordPolicyUnits: units,
    sensitiveInformationPolicyUnits: 0,
    sensitiveInformationPolicyFreeUnits: 0,
    contextualGroundingPolicyUnits: 0,
  };
  const [, id, version = 'DRAFT'] = ARN.exec(arn) ?? [];
  const wordPolicy = { customWords: [{ match: BLOCKED, action: 'BLOCKED', detected: true }], managedWordLists: [] };
  const assessment = {
    ...(found ? { wordPolicy } : {}),
    invocationMetrics: { guardrailProcessingLatency: 1, usage },
    appliedGuardrailDetails: {
      guardrailId: id,
      guardrailVersion: version,
      guardrailArn: arn.split(':').slice(0, 6).join(':'),
      guardrailOrigin: ['REQUEST'],
      guardrailOwnership: 'SELF',
    },
  };
  const answer = {
    usage,
    action: found ? 'GUARDRAIL_INTERVENED' : 'NONE',
    actionReason: found ? 'Guardrail blocked.' : 'No action.',
    outputs: found ? [{ text: 'blocked by the guardrail' }] : [],
    assessments: [assessment],
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
}
