import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';
import { type ConverseRequest, type MediaBlock, members } from '../converse.ts';

/** What the forms of containers have in common on the side of Converse. */

/** Documents that are text, whatever they are called. */
const TEXTS: ReadonlySet<string> = new Set(['txt', 'md', 'csv', 'html', 'json']);

/** @returns what a block says in words; undefined where it is none */
export function textOf(block: MediaBlock): string | undefined {
  if ('text' in block) return block.text;
  if (!('document' in block)) return undefined;
  const { format, name, source } = block.document;
  if ('text' in source) return `${name}\n${source.text}`;
  if ('content' in source) return `${name}\n${source.content.map(({ text }) => text).join('\n')}`;
  return TEXTS.has(format) ? `${name}\n${Buffer.from(source.bytes, 'base64').toString('utf8')}` : undefined;
}

/** The JSON Schema that the answer is to fit. @throws TollgateError `invalid_request` */
export function answerFormat({ outputConfig }: ConverseRequest): { name: string; schema: Json } | undefined {
  const { jsonSchema } = members(members(members(outputConfig).textFormat).structure);
  if (jsonSchema === undefined) return undefined;
  const { name, schema } = members(jsonSchema);
  return {
    name: typeof name === 'string' ? name : 'answer',
    schema: typeof schema === 'string' ? (JSON.parse(schema) as Json) : (schema as Json),
  };
}

/** How hard the model is to think, as vLLM takes it. */
export function outputEffort({ outputConfig }: ConverseRequest): object {
  const { effort } = members(outputConfig);
  return typeof effort === 'string' ? { reasoning_effort: effort } : {};
}

/** What only Bedrock has. @throws TollgateError `invalid_request` naming it */
export function refuseOthers({
  serviceTier,
  performanceConfig,
  additionalModelResponseFieldPaths,
}: ConverseRequest): void {
  if (serviceTier !== undefined && serviceTier.type !== 'default') throw unfit('tiers of service', 'service_tier');
  if (performanceConfig !== undefined && performanceConfig.latency !== 'standard')
    throw unfit('an optimized latency', 'performanceConfig');
  if (additionalModelResponseFieldPaths !== undefined && additionalModelResponseFieldPaths.length > 0)
    throw unfit('further members of an answer', 'additionalModelResponseFieldPaths');
}

/** @param what in a sentence after "This model's container takes no" */
export function unfit(what: string, field: string): TollgateError {
  return new TollgateError('invalid_request', {
    field,
    reason: 'not-taken-by-container',
    message: `The container of this model does not take ${what}.`,
  });
}
