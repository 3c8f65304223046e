import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withAttributes } from '../../../docs/traces-table.ts';
import { ATTRIBUTES, CONVENTIONS } from '../../../invoke/traces/attributes.ts';

test('docs/traces.md has the attributes that there are: npm run docs writes them', () => {
  const page = readFileSync(new URL('../../../docs/traces.md', import.meta.url), 'utf8');
  expect(page).toBe(withAttributes(page));
  expect(page).toContain(`conventions ${CONVENTIONS}`);
});

/** https://github.com/open-telemetry/semantic-conventions/blob/v1.41.1/docs/registry/attributes/gen-ai.md, and its neighbours. */
const OF_THE_CONVENTIONS: Record<string, string> = {
  'aws.request_id': 'string',
  'error.type': 'string',
  'gen_ai.operation.name': 'string',
  'gen_ai.provider.name': 'string',
  'gen_ai.request.model': 'string',
  'gen_ai.request.stream': 'boolean',
  'gen_ai.response.finish_reasons': 'string[]',
  'gen_ai.response.model': 'string',
  'gen_ai.response.time_to_first_chunk': 'double',
  'gen_ai.usage.cache_creation.input_tokens': 'int',
  'gen_ai.usage.cache_read.input_tokens': 'int',
  'gen_ai.usage.input_tokens': 'int',
  'gen_ai.usage.output_tokens': 'int',
  'gen_ai.usage.reasoning.output_tokens': 'int',
};

test('what is not of the conventions has our name before it', () => {
  for (const [name, [type]] of Object.entries(ATTRIBUTES))
    if (!name.startsWith('tollgate.')) expect(type, name).toBe(OF_THE_CONVENTIONS[name]);
});
