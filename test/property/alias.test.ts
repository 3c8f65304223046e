import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ACTIONS,
  type Action,
  type AllowedModel,
  type AtEnd,
  type Lifecycle,
  type Published,
} from '../../contract/model.ts';
import { type Asker, decideModel, isByAlias } from '../../registry/decide.ts';

const ALIAS = 'claude-sonnet';
const ACTIVE: Lifecycle<Published> = { status: 'active' };

function modelOf(id: string, weight?: number, by?: 'request', lifecycle = ACTIVE): AllowedModel {
  const share = weight === undefined ? {} : { aliases: [{ alias: ALIAS, weight, ...(by && { by }) }] };
  const arn = `arn:aws:bedrock:us-east-1::foundation-model/${id}`;
  const target = { kind: 'bedrock-model' as const, modelId: `vendor.${id}`, region: 'us-east-1', arn };
  return { id, target, actions: [...ACTIONS], lifecycle, ...share };
}

/** The models of a split, e.g. `{ 'claude-sonnet-4-5': 95, 'claude-sonnet-5': 5 }`. */
const split = (weights: Readonly<Record<string, number>>, by?: 'request'): AllowedModel[] =>
  Object.entries(weights).map(([id, weight]) => modelOf(id, weight, by));

const asker = (principal: string, requestId = 'r', tenant = 'acme'): Asker => ({
  caller: { tenant, principal } as Asker['caller'],
  requestId,
});

function servedBy(models: readonly AllowedModel[], who: Asker, alias = ALIAS): string | undefined {
  const decision = decideModel(models, alias, 'invoke', 1_000, who);
  return decision.outcome === 'allowed' ? decision.model.id : undefined;
}

const PRINCIPALS = Array.from({ length: 10_000 }, (_, index) => `user-${index}@example.com`);

/** How large a part of 10,000 principals each model has. */
function parts(models: readonly AllowedModel[], of = (principal: string) => asker(principal)): Map<string, number> {
  const found = new Map<string, number>();
  for (const principal of PRINCIPALS) {
    const id = servedBy(models, of(principal)) ?? '';
    found.set(id, (found.get(id) ?? 0) + 1 / PRINCIPALS.length);
  }
  return found;
}

const weights = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/), fc.integer({ min: 1, max: 1_000 }), {
  minKeys: 1,
  maxKeys: 6,
});
const key = fc.string({ minLength: 1, maxLength: 30 });

describe('the models of an alias', () => {
  test.each([
    [{ 'claude-sonnet-4-5': 95, 'claude-sonnet-5': 5 }],
    [{ a: 1, b: 1, c: 1 }],
    [{ a: 700, b: 200, c: 100 }],
    [{ a: 999, b: 1 }],
  ])('%j: each has its share of 10,000 principals within two in a hundred, and of 10,000 requests', (given) => {
    const sum = Object.values(given).reduce((one, other) => one + other);
    for (const found of [
      parts(split(given)),
      parts(split(given, 'request'), (one) => asker('the only one', one)),
      // However alike the keys: ids that count up in one tenant, and one principal in many tenants.
      parts(split(given), (one) => asker('app', 'r', one)),
    ])
      for (const [id, weight] of Object.entries(given))
        expect(Math.abs((found.get(id) ?? 0) - weight / sum)).toBeLessThan(0.02);
  });

  test('a principal’s calls all go to one, and a request’s to one wherever it is asked, in whatever order they are listed', () => {
    fc.assert(
      fc.property(weights, key, key, key, (given, principal, one, other) => {
        const models = split(given);
        const found = servedBy(models, asker(principal, one));
        expect(servedBy([...models].reverse(), asker(principal, other))).toBe(found);
        const drawn = split(given, 'request');
        expect(servedBy([...drawn].reverse(), asker(other, one))).toBe(servedBy(drawn, asker(principal, one)));
      }),
    );
  });

  test('one that comes takes callers of its own share alone, and nobody else moves', () => {
    const before = split({ 'claude-sonnet-4-5': 95 });
    const after = split({ 'claude-sonnet-4-5': 95, 'claude-sonnet-5': 5 });
    const moved = PRINCIPALS.filter((one) => servedBy(before, asker(one)) !== servedBy(after, asker(one)));
    expect(Math.abs(moved.length / PRINCIPALS.length - 0.05)).toBeLessThan(0.01);
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 1_000 }), key, (given, weight, principal) => {
        const now = servedBy(split({ ...given, new: weight }), asker(principal));
        if (now !== 'new') expect(now).toBe(servedBy(split(given), asker(principal)));
      }),
    );
  });

  test('one whose weight grows gains callers and loses none', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 500 }), key, (given, more, principal) => {
        const [id = '', weight = 0] = Object.entries(given)[0] ?? [];
        const before = servedBy(split(given), asker(principal));
        const after = servedBy(split({ ...given, [id]: weight + more }), asker(principal));
        expect([before, id]).toContain(after);
      }),
    );
  });

  test('the share of one that is not granted, retired, expired or not for this falls to the others as their shares are', () => {
    const [kept, ...others] = [{ a: 60, b: 30 }, modelOf('c', 10)];
    const unusable: AllowedModel[][] = [
      [],
      [modelOf('c', 10, undefined, { status: 'retired' })],
      [{ ...modelOf('c', 10), expiresAt: 1_000 }],
      [{ ...modelOf('c', 10), actions: ['count'] }],
    ];
    const all = [...split(kept), ...others];
    for (const one of unusable) {
      const left = [...split(kept), ...one];
      const found = parts(left);
      expect(Math.abs((found.get('a') ?? 0) - 2 / 3)).toBeLessThan(0.02);
      // Who was served by another one still is.
      for (const principal of PRINCIPALS.slice(0, 1_000)) {
        const before = servedBy(all, asker(principal));
        if (before !== 'c') expect(servedBy(left, asker(principal))).toBe(before);
      }
    }
  });

  test('two aliases do not try everything on the same callers', () => {
    const both = (id: string, weight: number): AllowedModel => ({
      ...modelOf(id, weight),
      aliases: [
        { alias: ALIAS, weight },
        { alias: 'other', weight },
      ],
    });
    const models = [both('a', 90), both('b', 10)];
    const chosen = PRINCIPALS.filter((one) => servedBy(models, asker(one)) === 'b');
    const again = chosen.filter((one) => servedBy(models, asker(one), 'other') === 'b');
    expect(again.length / chosen.length).toBeLessThan(0.2);
  });
});

describe('an alias at the end of its models', () => {
  const ended = (id: string, atEnd: AtEnd | undefined, successor?: string): AllowedModel => ({
    ...modelOf(id, 1, undefined, { status: 'deprecated', sunsetAt: 1_000, ...(successor && { successor }) }),
    aliases: [{ alias: ALIAS, weight: 1, ...(atEnd && { atEnd }) }],
  });
  const living = (atEnd: AtEnd): AllowedModel => ({ ...modelOf('b'), aliases: [{ alias: ALIAS, weight: 1, atEnd }] });
  const decide = (models: readonly AllowedModel[], action: Action = 'invoke') =>
    decideModel(models, ALIAS, action, 1_000, asker('x'));

  test('that is stable goes to the first successor that answers its caller, and told it is by the alias', () => {
    const decision = decide([ended('a', 'switch', 'b'), { ...ended('b', undefined, 'c'), aliases: [] }, modelOf('c')]);
    expect(decision).toMatchObject({ outcome: 'allowed', model: { id: 'c' }, others: [] });
    if (decision.outcome === 'allowed') expect(isByAlias(decision.model, ALIAS)).toBe(true);
    expect(decide([ended('a', undefined, 'b'), modelOf('b')])).toMatchObject({ code: 'model_retired', successor: 'b' });
  });

  test.each<[string, AllowedModel[]]>([
    ['is not granted', []],
    ['has expired', [{ ...modelOf('b'), expiresAt: 1_000 }]],
    ['is not for this', [{ ...modelOf('b'), actions: ['count'] }]],
    ['has ended, and names the first again', [{ ...ended('b', undefined, 'a'), aliases: [] }]],
  ])('that is stable stops where the successor %s', (_, others) => {
    expect(decide([ended('a', 'switch', 'b'), ...others])).toMatchObject({ code: 'model_retired' });
  });

  test('that is stable uses what is behind it first; that is pinned moves nobody, and leaves alone whom the end is none for', () => {
    expect(decide([ended('a', 'switch', 'c'), living('switch'), modelOf('c')])).toMatchObject({ model: { id: 'b' } });
    const pinned = [ended('a', 'stop', 'b'), living('stop')];
    const outcomes = PRINCIPALS.slice(0, 200).map((one) => decideModel(pinned, ALIAS, 'invoke', 1_000, asker(one)));
    for (const one of outcomes)
      expect([one.outcome, one.model?.id]).toEqual(one.outcome === 'allowed' ? ['allowed', 'b'] : ['refused', 'a']);
    expect(new Set(outcomes.map(({ outcome }) => outcome)).size).toBe(2);
  });
});

describe('an alias that nothing is behind', () => {
  test('is refused as a model is that was not granted, and as one that is retired', () => {
    const decide = (models: AllowedModel[]) => decideModel(models, ALIAS, 'invoke', 1_000, asker('x'));
    expect(decide([modelOf('a')])).toEqual({
      outcome: 'refused',
      code: 'model_not_allowed',
      reason: 'unknown-model',
    });
    const retired = modelOf('a', 1, undefined, { status: 'retired', successor: 'b' });
    expect(decide([retired, modelOf('b')])).toMatchObject({ code: 'model_retired', successor: 'b' });
  });

  test('is the registry id of a model for who holds that', () => {
    expect(servedBy([modelOf(ALIAS), modelOf('a', 1_000)], asker('x'))).toBe(ALIAS);
  });

  test('without a caller it is the model with the largest share', () => {
    expect(decideModel(split({ a: 1, b: 3, c: 2 }), ALIAS, 'invoke', 1_000).model?.id).toBe('b');
  });
});
