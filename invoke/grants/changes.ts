import type { AllowedModel, Guardrail } from '../../contract/model.ts';

/**
 * What the gateway changes in a call, told to its caller in headers of the answer. Nothing else is changed on the native
 * paths: below a limit and without a guardrail the model gets the caller's own bytes.
 */

/** The limit on the answer that reaches the model was lowered, or set where there was none. @param tokens of each answer */
export function limitChange(tokens: number, by: 'grant' | 'budget'): Record<string, string> {
  return { 'x-tollgate-max-tokens': `${tokens}; by=${by}` };
}

/** Takes back what was told of a call that goes to another model now. */
export const NO_CHANGES = {
  'x-tollgate-max-tokens': undefined,
  'x-tollgate-guardrail': undefined,
  'x-tollgate-guardrail-trace': undefined,
};

/**
 * The call runs under a guardrail: by its id, because an ARN is in no answer; and whose it is.
 *
 * @param mode of a stream
 */
export function guardrailChange(
  { arn, version }: Guardrail,
  { useCase, guardedBy }: Pick<AllowedModel, 'useCase' | 'guardedBy'> = {},
  mode?: Guardrail['mode'],
): Record<string, string> {
  const by = useCase === undefined ? (guardedBy ?? 'grant') : 'use-case';
  const shown = `${arn.slice(arn.lastIndexOf('/') + 1)}; version=${version}; by=${by}`;
  return { 'x-tollgate-guardrail': mode === undefined ? shown : `${shown}; mode=${mode}` };
}

/** The guardrail's trace is asked for, and its caller did not. */
export const WATCHED = { 'x-tollgate-guardrail-trace': 'enabled; by=gateway' };

/** The estimate that its budgets have made room for. Tokens. */
export function reservedHeader(input: number, output: number): Record<string, string> {
  return { 'x-tollgate-reserved': `tokens; input=${input}; output=${output}` };
}
