import { describe, expect, test } from 'vitest';
import { GATEWAY_RESPONSES } from '../../../contract/gateway-responses.ts';

const all = Object.entries(GATEWAY_RESPONSES);

describe('an answer that API Gateway makes by itself', () => {
  test.each(all)('%s reads as an error of every surface', (_, { body, headers }) => {
    const parsed = JSON.parse(body) as { message: string; error: { message: string; code: string } };
    // Bedrock and SageMaker: `message`, and the exception's name in a header.
    expect(parsed.message).toMatch(/^[A-Z].+\.$/);
    expect(headers['x-amzn-errortype']).toMatch(/^[A-Z][A-Za-z]+Exception$/);
    // OpenAI: `error`; Anthropic: `type` and `error`.
    expect(parsed).toEqual({
      message: parsed.message,
      type: 'error',
      error: {
        message: parsed.message,
        type: expect.stringMatching(/^[a-z_]+$/),
        code: expect.stringMatching(/^[a-z_]+$/),
        param: null,
        details: { error_code: parsed.error.code },
      },
    });
  });

  // A `$` would be read as a mapping template's variable, and a quote cannot be escaped in one.
  test.each(all)('%s is a template without variables', (_, { body }) => {
    expect(body).not.toContain('$');
  });

  test('tells when to come back wherever that helps', () => {
    for (const [, { status, headers }] of all)
      expect(headers['retry-after'] !== undefined, String(status)).toBe(status === 429 || status === 503);
  });
});
