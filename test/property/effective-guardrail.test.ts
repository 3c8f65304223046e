import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeContext, encodeContext } from '../../contract/context.ts';
import { underUseCase } from '../../contract/guardrails.ts';
import { parsePrincipal, parseTenantId } from '../../contract/identity.ts';
import type { AllowedModel, Guardrail, Guardrails } from '../../contract/model.ts';
import { at, placesOf } from '../../contract/places.ts';
import { sessionPolicy } from '../../policies/session.ts';
import { DEFAULTS_KEY, grantKey, modelKey, tenantKey } from '../../registry/keys.ts';
import { createLookup } from '../../registry/lookup.ts';
import { grantDocument, modelDocument, tenantDocument } from '../unit/registry/documents.ts';
import { memoryItems } from '../unit/registry/memory-items.ts';
import { account, REGIONS } from './targets.ts';

/** Whatever is said of guardrails at each level, a call's session policy demands the one that is in force where it goes, and no other. */

const TENANT = parseTenantId('acme');
const USE_CASES = ['drafts', 'support'];

/** Of each region one, in a level of its own: no two levels name the same. */
const level = (name: string): fc.Arbitrary<Guardrail[]> =>
  fc.tuple(fc.subarray([...REGIONS], { minLength: 1 }), fc.boolean()).map(([regions, isAsync]) =>
    regions.map((region) => ({
      arn: `arn:aws:bedrock:${region}:${account}:guardrail/${name}`,
      version: '1',
      ...(isAsync && { mode: 'async' as const }),
    })),
  );

const said = fc.record({
  stage: fc.option(level('stage')),
  tenant: fc.option(level('tenant')),
  grant: fc.option(level('grant')),
  unguarded: fc.boolean(),
  useCases: fc.option(
    fc
      .subarray(USE_CASES, { minLength: 1 })
      .chain((names) => fc.tuple(...names.map((name) => level(name).map((one) => [name, one] as const)))),
  ),
  regions: fc.subarray([...REGIONS], { minLength: 1 }),
  base: fc.constantFrom('amazon.nova-lite-v1:0', 'amazon.titan-embed-text-v2:0'),
});

const one = (all: Guardrail[]): Guardrails => (all.length === 1 ? (all[0] as Guardrail) : all);
const of = (all: Guardrail[] | null | undefined, region: string): Guardrail | undefined =>
  all?.find(({ arn }) => arn.includes(`:${region}:`));

/** What a call of the model that says so is under, there: for each place, by what the levels say and by nothing of ours. */
function expected(
  { stage, tenant, grant, unguarded, useCases, base }: typeof said extends fc.Arbitrary<infer T> ? T : never,
  useCase: string | undefined,
) {
  const listed = useCases?.find(([name]) => name === useCase)?.[1];
  const isDefault = listed === undefined && grant === null;
  if (isDefault && (unguarded || base.includes('embed'))) return null;
  return listed ?? grant ?? tenant ?? stage;
}

test('P10: the guardrail of a session is that of the use case, else of the grant, else of the tenant, else of the stage, where the call goes', async () => {
  await fc.assert(
    fc.asyncProperty(said, async (levels) => {
      const { stage, tenant, grant, unguarded, useCases, regions, base } = levels;
      const items = memoryItems();
      const targets = regions.map((region) => ({
        target: {
          kind: 'bedrock-model',
          modelId: base,
          region,
          arn: `arn:aws:bedrock:${region}::foundation-model/${base}`,
        },
      }));
      const { target: _, ...model } = modelDocument('m', { targets });
      items.edit(modelKey('m'), model);
      items.edit(tenantKey(TENANT), tenantDocument('acme', tenant ? { guardrail: tenant as never } : {}));
      if (stage) {
        const stamps = { v: 1, version: 1, updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'test' };
        items.edit(DEFAULTS_KEY, { ...stamps, guardrail: stage as never });
      }
      items.edit(
        grantKey({ tenant: TENANT, model: 'm' }),
        grantDocument('acme', 'm', {
          ...(grant ? { guardrail: one(grant) as never } : unguarded ? { unguarded } : {}),
          ...(useCases && { useCases: Object.fromEntries(useCases.map(([name, all]) => [name, one(all)])) as never }),
        }),
      );
      const lookup = createLookup({ items, clock: () => Date.UTC(2026, 5, 1), onUnusable: () => {} });
      const found = await lookup.tenant(TENANT);
      const ways = [undefined, ...USE_CASES.filter((name) => useCases?.some(([known]) => known === name))];
      // A place where one of them has no guardrail is none: what is demanded is never left out.
      const open = regions.filter((region) =>
        ways.every((way) => {
          const all = expected(levels, way);
          return all === null || all === undefined || of(all, region) !== undefined;
        }),
      );
      expect(found?.models.length).toBe(open.length === 0 ? 0 : 1);
      for (const [entry] of [found?.models ?? []].filter((models) => models.length > 0))
        for (const way of ways) {
          const whole =
            way === undefined ? travelled(entry as AllowedModel) : underUseCase(travelled(entry as AllowedModel), way);
          expect(placesOf(whole).map(({ target }) => target.region)).toEqual(
            regions.filter((one) => open.includes(one)),
          );
          for (const place of placesOf(whole)) {
            const there = at(whole, place);
            const guardrail = of(expected(levels, way), place.target.region);
            const { document } = sessionPolicy(there.target, ['invoke', 'stream'], there);
            const demanded = document.Statement.filter(({ Action }) => Action.includes('bedrock:InvokeModel'));
            expect(demanded.map(({ Condition }) => Condition)).toEqual([
              guardrail && { StringEquals: { 'bedrock:GuardrailIdentifier': `${guardrail.arn}:1` } },
            ]);
            const applied = document.Statement.flatMap(({ Action, Resource }) =>
              Action.includes('bedrock:ApplyGuardrail') ? Resource : [],
            );
            expect(applied).toEqual(guardrail ? [guardrail.arn] : []);
          }
        }
    }),
    { numRuns: 300 },
  );
});

/** As the authorizer tells it. */
function travelled(model: AllowedModel): AllowedModel {
  const context = encodeContext({
    tenant: TENANT,
    principal: parsePrincipal('jane'),
    roles: [],
    costCenter: 'CC-1',
    exp: 2_000_000_000,
    models: [model],
    budgets: [],
  });
  // What is too long for a context is asked of the registry.
  return context.models === '' ? model : (decodeContext(context, 0).models?.[0] ?? model);
}
