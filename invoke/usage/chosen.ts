import type { Target } from '../../contract/model.ts';
import { member } from './json.ts';
import type { Usage } from './usage.ts';

export type Chosen = Pick<Usage, 'answeredBy' | 'priceModel'>;

/**
 * Which model a prompt router chose: Converse's operations say so, InvokeModel's do not.
 *
 * @param said the answer's body, or the payload of its stream's last event, parsed
 * @returns nothing for what is no router, or where none of its models is named
 */
export function chosenBy(target: Target, said: unknown): Chosen {
  if (target.kind !== 'bedrock-prompt-router') return {};
  const arn = member(member(member(said, 'trace'), 'promptRouter'), 'invokedModelId');
  if (typeof arn !== 'string' || !target.modelArns.includes(arn)) return {};
  const priceModel = target.priceModels?.[target.modelArns.indexOf(arn)];
  return { answeredBy: arn.slice(arn.indexOf('/') + 1), ...(priceModel !== undefined && { priceModel }) };
}
