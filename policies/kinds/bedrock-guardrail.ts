import type { TargetOf } from '../../contract/model.ts';
import { parseGuardrail } from '../guardrail.ts';
import { APPLY_GUARDRAIL, GUARDRAIL_ROW } from './bedrock.ts';
import { allow, inRegion, type Kind } from './kind.ts';

/**
 * A version of a guardrail, applied to a text
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: ApplyGuardrail, on guardrail, of whose
 * version IAM is not told).
 */
export const bedrockGuardrail: Kind<TargetOf<'bedrock-guardrail'>> = {
  name: 'a guardrail of Bedrock',
  runtime: 'bedrock-runtime',
  paidBy: 'call',
  optional: true,
  shapes: { guardrail: { service: 'bedrock', id: /^[a-z0-9]{1,64}$/ } },
  role: [GUARDRAIL_ROW],
  restrictedBy: [],
  neverDirect: true,
  silent: true,

  arns: ({ arn }) => [arn],
  calledOn: ({ arn, version }) => `${arn}:${version}`,
  nativeId: ({ arn, version }) => `${arn.slice(arn.indexOf('/') + 1)}:${version}`,
  // It is no model: its own path names it.
  pathId: () => undefined,

  statements(target, wanted, parse) {
    const guardrail = parse(target.arn, 'target.arn', ['guardrail']);
    inRegion(guardrail, target);
    parseGuardrail(target, 'target');
    return allow({ invoke: APPLY_GUARDRAIL, guard: APPLY_GUARDRAIL }, wanted, [guardrail]);
  },

  fault: () => undefined,
};
