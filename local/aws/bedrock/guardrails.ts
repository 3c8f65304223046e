import type { Answer } from '../answer/answer.ts';
import { invalid } from '../error.ts';
import { isObject, type JsonObject, listAt, textOf } from '../read.ts';
import { usageOf, type WholeReply } from '../service.ts';

/** The guardrails that the local account has, in every region, by id: filters of one word. */
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

/** What they block: where they are applied by themselves, and in what is said to a model by Converse and ConverseStream. */
const BLOCKED = '[[blocked]]';
const SAID_INSTEAD = 'blocked by the guardrail';
const FOUND = { customWords: [{ match: BLOCKED, action: 'BLOCKED', detected: true }], managedWordLists: [] };

/**
 * What is answered in the model's place, which is not asked then and counts nothing
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html).
 *
 * @param config `guardrailConfig` of the request
 * @returns undefined: nothing is blocked; else the answer, and its trace where one is asked for
 */
export function blockedBy(config: unknown, text: string): { answer: Answer; member: object } | undefined {
  if (!isObject(config) || !text.includes(BLOCKED)) return undefined;
  const id = textOf(config.guardrailIdentifier, 'guardrailIdentifier').replace(/^.*\//, '');
  const guardrail = { inputAssessment: { [id]: { wordPolicy: FOUND } }, actionReason: 'Guardrail blocked.' };
  return {
    answer: {
      blocks: [{ kind: 'text', text: SAID_INSTEAD }],
      ...{ stop: 'end', stopSequence: null, byGuardrail: true, usage: usageOf(0), latencyMs: 1 },
    },
    member: config.trace === 'enabled' ? { trace: { guardrail } } : {},
  };
}

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
  const assessment = {
    ...(found ? { wordPolicy: FOUND } : {}),
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
    outputs: found ? [{ text: SAID_INSTEAD }] : [],
    assessments: [assessment],
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
}
