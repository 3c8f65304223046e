import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../contract/budget.ts';
import {
  type CallerContext,
  CONTEXT_KEYS,
  decodeContext,
  encodeContext,
  readContext,
  SEAL_KEYS,
} from '../../../contract/context.ts';
import { isTollgateError } from '../../../contract/errors.ts';
import { parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { CONTEXT_MAX_BYTES } from '../../../contract/limits/contract.ts';
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

const budget = (id: string): Budget => ({
  id,
  per: 'tenant',
  period: 'month',
  unit: 'usd',
  limit: '100.5',
  enforcement: 'hard',
});

const context: CallerContext = {
  tenant: parseTenantId('acme'),
  principal: parsePrincipal('acme-app'),
  roles: ['admin'],
  costCenter: 'CC-100',
  exp: now / 1000 + 60,
  models: [model('nova-lite')],
  budgets: [budget('monthly'), { ...budget('per-model'), per: 'model', only: 'nova-lite', enforcement: 'soft' }],
};

/** As it arrives: whether the seal holds is not asked here. */
const valid = { ...encodeContext(context), key: 'version', mac: 'mac' };

function reasonOf(value: unknown, at = now): string | undefined {
  try {
    decodeContext(readContext(value), at);
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
    const given = { ...valid, principalId: 'acme', integrationLatency: 12 };
    expect(decodeContext(readContext(given), now)).toEqual(context);
  });

  test('200 models do not fit, and then none is listed rather than some', () => {
    const models = Array.from({ length: 200 }, (_, index) => model(`model-${index}`));
    const encoded = encodeContext({ ...context, models });
    expect(Buffer.byteLength(JSON.stringify(encoded))).toBeLessThanOrEqual(CONTEXT_MAX_BYTES);
    expect(decodeContext(encoded, now)).toMatchObject({ models: null, budgets: null });
  });

  test('whatever is in it, its seal fits beside it', () => {
    // A version id of Secrets Manager has 64 characters at most, a SHA-256 in base64url 43.
    const seal = { key: 'v'.repeat(64), mac: 'm'.repeat(43) };
    expect(Object.keys(seal)).toEqual([...SEAL_KEYS]);
    const sizes = Array.from({ length: 300 }, (_, length) =>
      Buffer.byteLength(
        JSON.stringify({
          ...encodeContext({
            ...context,
            costCenter: 'c'.repeat(length),
            models: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => model(`model-${n}`)),
          }),
          ...seal,
        }),
      ),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(CONTEXT_MAX_BYTES);
    expect(Math.max(...sizes)).toBeGreaterThan(CONTEXT_MAX_BYTES - 8);
  });

  test('20 budgets fit beside a few models, and where they do not, neither the models nor the budgets are listed', () => {
    const budgets = Array.from({ length: 20 }, (_, index) => budget(`budget-${index}`));
    const fits = encodeContext({ ...context, models: [model('a'), model('b')], budgets });
    expect(Buffer.byteLength(JSON.stringify(fits))).toBeLessThanOrEqual(CONTEXT_MAX_BYTES);
    expect(decodeContext(fits, now).budgets).toEqual(budgets);
    const models = Array.from({ length: 9 }, (_, index) => model(`model-${index}`));
    expect(decodeContext(encodeContext({ ...context, models, budgets: [] }), now).models).toEqual(models);
    const encoded = encodeContext({ ...context, models, budgets });
    expect(encoded).toMatchObject({ models: '', budgets: '' });
    expect(decodeContext(encoded, now)).toMatchObject({ models: null, budgets: null });
  });

  test('a tenant without a model is not mistaken for one whose models did not fit', () => {
    expect(decodeContext(encodeContext({ ...context, models: [], budgets: [] }), now)).toMatchObject({
      models: [],
      budgets: [],
    });
  });

  const changed = (change: Record<string, unknown>) => ({ ...valid, ...change });
  test.each([
    ['missing', undefined, 'context-missing'],
    ['null', null, 'context-missing'],
    ['empty', {}, 'context-missing'],
    ['of another version', changed({ v: '1' }), 'context-version'],
    ['of the version before', changed({ v: '2' }), 'context-version'],
    ['without its seal', encodeContext(context), 'context-member'],
    ['with half a seal', changed({ mac: undefined }), 'context-member'],
    ['with a seal that is no text', changed({ mac: 1 }), 'context-member'],
    ['with a key that is not agreed', changed({ team: 'globex' }), 'context-member'],
    ['without its tenant', changed({ tenant: undefined }), 'context-member'],
    ['with a number where a string is due', changed({ exp: 99999999999 }), 'context-member'],
    ['with an exp that is no plain number', changed({ exp: '1e30' }), 'context-member'],
    ['with an exp of four decimals', changed({ exp: '99999999999.0001' }), 'context-member'],
    ['with an exp a fraction of a second ago', changed({ exp: String(now / 1000 - 0.5) }), 'context-expired'],
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
    [
      'with a model that is a draft',
      changed({ models: JSON.stringify([{ ...model('a'), lifecycle: { status: 'draft' } }]) }),
      'context-member',
    ],
    ['without its budgets', changed({ budgets: undefined }), 'context-member'],
    ['whose budgets alone were left out', changed({ budgets: '' }), 'context-member'],
    ['whose models alone were left out', changed({ models: '' }), 'context-member'],
    ['with budgets that are no list', changed({ budgets: '{}' }), 'context-member'],
    ['that inherits its keys', Object.create(valid), 'context-missing'],
  ])('T2: a context %s is refused', (_name, value, reason) => {
    expect(reasonOf(value)).toBe(reason);
  });

  test('T2: a context is refused from its exp on, although the cache still holds it', () => {
    expect(reasonOf(valid, context.exp * 1000 - 1)).toBeUndefined();
    expect(reasonOf(valid, context.exp * 1000)).toBe('context-expired');
  });
});

describe('a budget in the authorizer context', () => {
  const travelled = (given: object) =>
    decodeContext(encodeContext({ ...context, budgets: [given as Budget] }), now).budgets;

  test.each<[string, Partial<Budget>]>([
    ['in tokens', { unit: 'tokens', limit: '999999999999999' }],
    ['of nothing', { limit: '0' }],
    ['with 12 decimals', { limit: '0.000000000001' }],
    ['of one principal', { per: 'principal', only: 'spiffe://a/b' }],
  ])('arrives as it was sent: %s', (_, change) => {
    const sent = { ...budget('b'), ...change };
    expect(travelled(sent)).toEqual([sent]);
  });

  test.each<[string, object]>([
    ['an id that divides a counter’s name', { id: 'a|b' }],
    ['no limit', { limit: undefined }],
    ['a limit that is a number', { limit: 5 }],
    ['a negative limit', { limit: '-1' }],
    ['a limit of NaN', { limit: 'NaN' }],
    ['a fraction of a token', { unit: 'tokens', limit: '0.5' }],
    ['an unknown unit', { unit: 'eur' }],
    ['a unit that every object has', { unit: 'constructor' }],
    ['an unknown period', { period: 'hour' }],
    ['an unknown enforcement', { enforcement: 'maybe' }],
    ['no enforcement', { enforcement: undefined }],
    ['an unknown scope', { per: 'role' }],
    ['one of the tenant that is for somebody only', { only: 'app' }],
    ['one for nobody', { per: 'principal', only: '' }],
    ['a member of a later version', { carryOver: true }],
    ['a member of every object', { constructor: 'x' }],
  ])('T2: %s refuses the whole context', (_, change) => {
    expect(() => travelled({ ...budget('b'), ...change })).toThrow(
      expect.objectContaining({ code: 'forbidden', reason: 'context-member' }),
    );
  });
});
