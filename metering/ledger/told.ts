import { TOLD_MAX } from '../../contract/limits/metering.ts';
import { type FinishedUsage, GUARDRAIL_POLICIES, STOPS } from '../../contract/usage.ts';

/** What calls told of how they went: counts of answers by why they ended, and of calls by the policy that intervened in them. */
export const OUTCOME_COLUMNS = [
  ...STOPS.map((stop) => `stop_${stop}` as const),
  ...GUARDRAIL_POLICIES.map((policy) => `guardrail_${policy}` as const),
] as const;

/** And of the answers that told why they ended, how long they were and took: sums, and sums of squares, for who compares. */
export const ANSWER_COLUMNS = ['answer_tokens', 'answer_tokens_squared', 'answer_ms', 'answer_ms_squared'] as const;

/** Columns of the ledger, whole numbers all; a row has a sum for each. */
export const TOLD_COLUMNS = [...OUTCOME_COLUMNS, ...ANSWER_COLUMNS] as const;
export type ToldColumn = (typeof TOLD_COLUMNS)[number];

/** A sum for each of TOLD_COLUMNS. */
export type ToldSums = bigint[];

export const noTold = (): ToldSums => TOLD_COLUMNS.map(() => 0n);

export function addTold(sums: ToldSums, more: readonly bigint[]): void {
  for (const [i, sum] of more.entries()) sums[i] = (sums[i] ?? 0n) + sum;
}

/** Some policies, each once and in their order: of JavaScript and of SQL alike. */
export const POLICY_LIST = `^(${GUARDRAIL_POLICIES.map((first, i) => {
  const others = GUARDRAIL_POLICIES.slice(i + 1);
  return [first, ...others.map((policy) => `(,${policy})?`)].join('');
}).join('|')})$`;
const LIST = new RegExp(POLICY_LIST);

export const isPolicyList = (text: unknown): boolean => typeof text === 'string' && LIST.test(text);

const POLICIES = GUARDRAIL_POLICIES.length;

/** One call's reason and policies as a number of ten bits; 0: it told of none. */
export function toldCode({ stop, guardrail = '' }: Pick<FinishedUsage, 'stop' | 'guardrail'>): number {
  let code = stop === undefined ? 0 : (STOPS.indexOf(stop) + 1) << POLICIES;
  if (guardrail !== '')
    for (const policy of guardrail.split(',')) code |= 1 << GUARDRAIL_POLICIES.indexOf(policy as never);
  return code;
}

/** What a call is counted with, as long as it may count: one that is beyond it would outweigh all others. */
export function toldMs({ durationMs }: Pick<FinishedUsage, 'durationMs'>): number {
  return Number.isSafeInteger(durationMs) && durationMs > 0 ? Math.min(durationMs, TOLD_MAX) : 0;
}

/** @param answered whether a model ran; a guardrail that is applied by itself intervenes all the same */
export function addCall(sums: ToldSums, code: number, answered: boolean, output: number, ms: number): void {
  for (let i = 0, mask = code & ((1 << POLICIES) - 1); mask > 0; i++, mask >>= 1)
    if (mask & 1) add(sums, STOPS.length + i, 1);
  const stop = code >> POLICIES;
  if (stop === 0 || !answered) return;
  const tokens = Math.min(output, TOLD_MAX);
  add(sums, stop - 1, 1);
  for (const [i, sum] of [tokens, tokens * tokens, ms, ms * ms].entries()) add(sums, OUTCOME_COLUMNS.length + i, sum);
}

function add(sums: ToldSums, at: number, count: number): void {
  sums[at] = (sums[at] ?? 0n) + BigInt(count);
}
