import { GUARDRAIL_POLICIES, type GuardrailPolicy, type Stop } from '../../contract/usage.ts';
import type { Operation } from '../call.ts';
import { isObject, member } from './json.ts';

/** Why an answer ended, and what guardrails did to it, as far as it says so. */
export interface Stopped {
  stop?: Stop;
  /** As a record has it. */
  guardrail?: string;
}

const NAMES = ['stopReason', 'stop_reason', 'completionReason', 'finish_reason'];
/** Where it stands of one answer, and of several. */
const INSIDE = ['delta', 'messageStop', 'details'];
const LISTS = ['choices', 'results', 'outputs', 'generations'];

/** Of more answers than this to one call nobody wants to know. */
const ANSWERS_MAX = 16;

/**
 * Why a model stopped, by its own word, in every form that passes through here: Converse, Anthropic, Nova, Meta, Mistral, Titan,
 * Cohere, OpenAI, TGI.
 *
 * @param value an answer or an event of one, parsed; any value
 * @returns the word of each answer in it
 */
export function reasonsOf(value: unknown): string[] {
  const own = (one: unknown): string[] =>
    NAMES.map((name) => member(one, name))
      .filter((said) => typeof said === 'string' && said !== '')
      .slice(0, 1) as string[];
  const listed = LISTS.flatMap((name) => {
    const list = member(value, name);
    return Array.isArray(list) ? list.slice(0, ANSWERS_MAX).flatMap(own) : [];
  });
  const inside = INSIDE.map((name) => member(value, name)).filter(isObject);
  return [...listed, ...[value, ...inside].flatMap(own)];
}

/** Whether there may be such a word in a text of JSON: few events of a stream have one, and each is looked at. */
export const mayStop = (json: string | Buffer): boolean => json.includes('eason"') || json.includes(GUARDRAIL);

/** What the words of all vendors begin with, or have in them. */
const WORDS: readonly (readonly [Stop, RegExp])[] = [
  ['guardrail', /guardrail/],
  ['refusal', /^refus/],
  ['filter', /filter|toxic/],
  ['tool', /^(?:tool|function)_/],
  ['length', /^length|^max_|limit|window/],
  ['end', /^(?:end|stop|eos|complete|finish)/],
];

/** What InvokeModel says beside a vendor's own members, which end as ever (https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-invoke-api.html). */
const GUARDRAIL = 'amazon-bedrock-guardrailAction';

/** @param value an answer, or an event of a stream, parsed; any value */
export function stoppedIn(operation: Operation, value: unknown): Stopped {
  // ApplyGuardrail runs no model that could stop.
  if (operation === 'apply-guardrail')
    return member(value, 'action') === 'GUARDRAIL_INTERVENED' ? intervened(member(value, 'assessments')) : {};
  const trace = member(value, 'trace') ?? member(value, 'amazon-bedrock-trace');
  const word = member(value, GUARDRAIL) === 'INTERVENED' ? GUARDRAIL : reasonsOf(value)[0]?.toLowerCase();
  const stop = word && (WORDS.find(([, words]) => words.test(word))?.[0] ?? 'other');
  return {
    ...(stop ? { stop } : {}),
    // What is only masked may end as ever: the trace alone tells of it.
    ...(stop === 'guardrail' || policiesIn(trace) !== '' ? intervened(trace) : {}),
  };
}

/** What was said before, and what is said now: a guardrail's word stands, and a policy that is named over one that is not. */
export function bothStopped(before: Stopped, now: Stopped): Stopped {
  const both = { ...before, ...now };
  if (before.stop === 'guardrail') both.stop = before.stop;
  const named = [before.guardrail, now.guardrail].filter((text) => text !== undefined && text !== OTHER);
  return named.length === 0 ? both : { ...both, guardrail: listed(named.join().split(',')) };
}

const OTHER: GuardrailPolicy = 'other';

function intervened(trace: unknown): Stopped {
  return { guardrail: policiesIn(trace) || OTHER };
}

/**
 * The policies that did something, wherever in a trace their assessments stand
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailAssessment.html).
 */
function policiesIn(trace: unknown): string {
  const found: string[] = [];
  const open = [trace];
  while (open.length > 0) {
    const value = open.pop();
    if (isObject(value))
      for (const [name, inner] of Object.entries(value)) {
        if (!name.endsWith('Policy')) open.push(inner);
        else if (isObject(inner) && Object.values(inner).some((items) => Array.isArray(items) && items.some(acted)))
          found.push(GUARDRAIL_POLICIES.find((policy) => name.toLowerCase().includes(policy)) ?? OTHER);
      }
  }
  return listed(found);
}

/** Reasoning blocks nothing by itself: it finds that what was said does not hold. */
function acted(item: unknown): boolean {
  return (member(item, 'action') ?? 'NONE') !== 'NONE' || member(item, 'invalid') !== undefined;
}

function listed(policies: readonly string[]): string {
  return GUARDRAIL_POLICIES.filter((policy) => policies.includes(policy)).join();
}
