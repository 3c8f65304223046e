import { ATTRIBUTES, CONVENTIONS } from '../invoke/traces/attributes.ts';

/** What each attribute of a span is: here, because no function needs to know it. */
const WHAT: Readonly<Record<keyof typeof ATTRIBUTES, string>> = {
  'gen_ai.operation.name':
    '`chat`, `text_completion`, `embeddings` or `generate_content`; and, of ours, `rerank`, `count_tokens`, `apply_guardrail`',
  'gen_ai.provider.name': '`aws.bedrock`, or `aws.sagemaker`',
  'gen_ai.request.model':
    'the registry’s id of the model that answered, or that was refused; absent where the tenant holds none of the name it asked for',
  'gen_ai.response.model': 'what AWS calls it, without region and account',
  'gen_ai.request.stream': '`true` of a stream',
  'gen_ai.response.finish_reasons': 'why the model stopped, in its own words: of those that are known, else `_OTHER`',
  'gen_ai.response.time_to_first_chunk': 'of a stream: seconds from the call’s start to its first byte',
  'gen_ai.usage.input_tokens': 'what was read, the cache’s part included',
  'gen_ai.usage.output_tokens': 'what was written, reasoning included',
  'gen_ai.usage.cache_read.input_tokens': 'part of the input: read from a prompt cache',
  'gen_ai.usage.cache_creation.input_tokens': 'part of the input: written to one',
  'gen_ai.usage.reasoning.output_tokens': 'part of the output',
  'error.type':
    'the code of the error, as in the log and the usage record (`model_not_allowed`, `upstream_throttled`, ...); the span’s status is then an error',
  'aws.request_id': 'what AWS called the answer: CloudTrail and invocation logs have it',
  'tollgate.tenant': 'whose call it was',
  'tollgate.cost_center': 'whom it is charged to',
  'tollgate.request_id': '`x-request-id` of the answer, `requestId` of every line',
  'tollgate.surface': 'the wire format that the caller spoke',
  'tollgate.outcome': 'how it ended, as in [usage records](usage.md)',
  'tollgate.region': 'the region that was called last',
  'tollgate.attempts':
    'how often a model was called for it; each attempt in whose place another one answered is an event of the span, `tollgate.attempt`',
  'tollgate.cost_usd': 'at the registry’s prices; absent where there is none. The ledger is what is billed by',
  'tollgate.tokens_estimated': '`true` where the model did not say what it used',
  'tollgate.tier': 'how AWS sold it, if not on demand',
};

const BEGIN = '<!-- the attributes, by npm run docs -->';
const END = '<!-- end of the attributes -->';

/** @returns `page` with the table of a span's attributes between its two marks */
export function withAttributes(page: string): string {
  const [before, rest = ''] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (before === undefined || after === undefined) throw new Error('docs/traces.md has lost a mark of its table');
  const rows = Object.entries(WHAT).map(
    ([name, what]) => `| \`${name}\` | ${ATTRIBUTES[name as keyof typeof ATTRIBUTES][0]} | ${what} |\n`,
  );
  const head = `| attribute, by conventions ${CONVENTIONS} or ours | type | what it is |\n| --- | --- | --- |\n`;
  return `${before}${BEGIN}\n${head}${rows.join('')}${END}${after}`;
}
