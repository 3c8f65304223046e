import { describe, expect, test } from 'vitest';
import { type CallerContext, CONTEXT_KEYS, decodeContext, encodeContext } from '../../../contract/context.ts';
import { isTollgateError } from '../../../contract/errors.ts';
import { parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { CONTEXT_MAX_BYTES } from '../../../contract/limits.ts';
import type { AllowedModel } from '../../../contract/model.ts';

const now = Date.UTC(2026, 10, 21, 9);

function model(id: string): AllowedModel {
  return {
    id,
    target: {
      kind: 'bedrock-model',
      modelId: `amazon.${id}-v1:0`,
      region: 'us-east-1',
      arn: `arn:aws:bedrock:us-east-1::foundation-model/amazon.${id}-v1:0`,
    },
    actions: ['invoke', 'stream'],
    lifecycle: { status: 'active' },
  };
}

const context: CallerContext = {
  tenant: parseTenantId('acme'),
  principal: parsePrincipal('acme-app'),
  roles: ['admin'],
  costCenter: 'CC-100',
  exp: now / 1000 + 60,
  models: [model('nova-lite')],
};

function reasonOf(value: unknown, at = now): string | undefined {
  try {
    decodeContext(value, at);
  } catch (error) {
    if (isTollgateError(error, 'forbidden')) return error.reason;
    throw error;
  }
  return undefined;
}

describe('the authorizer context', () => {
  test('what was encoded is decoded unchanged', () => {
    expect(decodeContext(encodeContext(context), now)).toEqual(context);
  });

  test('it holds exactly the agreed keys, and strings only', () => {
    const encoded = encodeContext(context);
    expect(Object.keys(encoded).sort()).toEqual([...CONTEXT_KEYS].sort());
    expect(Object.values(encoded).every((value) => typeof value === 'string')).toBe(true);
  });

  test('what API Gateway adds to it is tolerated', () => {
    expect(decodeContext({ ...encodeContext(context), principalId: 'acme', integrationLatency: 12 }, now)).toEqual(
      context,
    );
  });

  test('200 models do not fit, and then none is listed rather than some', () => {
    const models = Array.from({ length: 200 }, (_, index) => model(`model-${index}`));
    const encoded = encodeContext({ ...context, models });
    expect(Buffer.byteLength(JSON.stringify(encoded))).toBeLessThanOrEqual(CONTEXT_MAX_BYTES);
    expect(decodeContext(encoded, now).models).toBeNull();
  });

  test('a tenant without a model is not mistaken for one whose models did not fit', () => {
    expect(decodeContext(encodeContext({ ...context, models: [] }), now).models).toEqual([]);
  });

  const valid = encodeContext(context);
  const changed = (change: Record<string, unknown>) => ({ ...valid, ...change });
  test.each([
    ['missing', undefined, 'context-missing'],
    ['null', null, 'context-missing'],
    ['empty', {}, 'context-missing'],
    ['of another version', changed({ v: '2' }), 'context-version'],
    ['with a key that is not agreed', changed({ team: 'globex' }), 'context-member'],
    ['without its tenant', changed({ tenant: undefined }), 'context-member'],
    ['with a number where a string is due', changed({ exp: 99999999999 }), 'context-member'],
    ['with an exp that is no whole number', changed({ exp: '1e30' }), 'context-member'],
    ['with a hostile tenant', changed({ tenant: 'acme#MODEL' }), 'context-member'],
    ['with a tenant in look-alike letters', changed({ tenant: 'аcme' }), 'context-member'],
    ['with roles that are no list', changed({ roles: '"admin"' }), 'context-member'],
    ['with models that are no list', changed({ models: '{}' }), 'context-member'],
    [
      'with a model of an unknown kind',
      changed({
        models:
          '[{"id":"x","target":{"kind":"url","region":"x"},"actions":["invoke"],"lifecycle":{"status":"active"}}]',
      }),
      'context-member',
    ],
    [
      'with a model without actions',
      changed({ models: JSON.stringify([{ ...model('a'), actions: [] }]) }),
      'context-member',
    ],
    ['that inherits its keys', Object.create(valid), 'context-missing'],
  ])('T2: a context %s is refused', (_name, value, reason) => {
    expect(reasonOf(value)).toBe(reason);
  });

  test('T2: a context is refused from its exp on, although the cache still holds it', () => {
    expect(reasonOf(valid, context.exp * 1000 - 1)).toBeUndefined();
    expect(reasonOf(valid, context.exp * 1000)).toBe('context-expired');
  });
});
