import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { ALERT_KINDS } from '../contract/alert.ts';
import { BUDGET_ID } from '../contract/budget.ts';
import { WEBHOOK_MAX_CHARS } from '../contract/limits/alerts.ts';
import { MODEL_ID_MAX_CHARS, PRINCIPAL_MAX_CHARS, TENANT_ID_MAX_CHARS } from '../contract/limits/contract.ts';
import { ALIAS_MODELS_MAX } from '../contract/limits/registry.ts';
import { WEIGHT_MAX } from '../contract/limits/routing.ts';
import type { PLACE } from '../contract/places.ts';
import { DISTRIBUTIONS, GROUPS, ROUTING } from '../contract/routing.ts';
import { SPOKE_ROLE } from '../contract/spokes.ts';
import { aliasSchema } from '../registry/alias.ts';
import { defaultsSchema } from '../registry/bounds.ts';
import { budgetSchema } from '../registry/budget.ts';
import { bundleSchema } from '../registry/bundle.ts';
import { clientSchema } from '../registry/client.ts';
import { STAMPS } from '../registry/difference.ts';
import { templateSchema } from '../registry/evaluation/template.ts';
import { grantSchema } from '../registry/grant.ts';
import { guardrail, oneGuardrail } from '../registry/guardrails.ts';
import { modelSchema } from '../registry/model.ts';
import { presentForm } from '../registry/prices/entry.ts';
import { tenantSchema } from '../registry/tenant.ts';

/**
 * The registry's own schemas as JSON Schema, for editors and for who writes a client. It says less than they do: what two members
 * must have in common, and what must be there beside an entry, is found when it is planned.
 */

interface Schema {
  properties?: Record<string, Schema>;
  required?: string[];
  [keyword: string]: unknown;
}

/** What checks and transformations of ours mean, by the reason that they give; one that is not listed stops the generator. */
const REASONS: Readonly<Record<string, Schema>> = {
  'not-a-date': {
    pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?Z)?$',
    description: 'UTC: 2026-12-31 (its first moment) or 2026-12-31T18:00:00Z',
  },
  'not-a-tenant-id': { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', maxLength: TENANT_ID_MAX_CHARS },
  'not-a-principal': { maxLength: PRINCIPAL_MAX_CHARS },
  'not-an-issuer': { pattern: '^https?://' },
  'not-a-region': { pattern: '^[a-z]{2,}(-[a-z]+)+-\\d+$' },
  'not-a-guardrail': { pattern: '^arn:' },
  'not-an-object': {},
  // Of inference parameters: as JSON.
  'too-long': {},
  empty: { minProperties: 1 },
  twice: { uniqueItems: true },
};

const DECIMAL: Schema = { type: 'string', pattern: '^(0|[1-9]\\d*)(\\.\\d+)?$', description: 'A decimal, in quotes.' };

const SHARES: Schema = {
  type: 'object',
  propertyNames: { pattern: '^[a-z0-9][a-z0-9._-]*$', maxLength: MODEL_ID_MAX_CHARS },
  additionalProperties: { type: 'integer', minimum: 1, maximum: WEIGHT_MAX },
  minProperties: 1,
  maxProperties: ALIAS_MODELS_MAX,
  description: 'Weights by model.',
};

const PLACE_MEMBERS: { readonly [Name in keyof typeof PLACE]: Schema } = {
  group: { type: 'string', enum: GROUPS },
  weight: { type: 'integer', minimum: 1, maximum: WEIGHT_MAX },
  priceRegion: { type: 'string', minLength: 1 },
  role: { type: 'string', pattern: SPOKE_ROLE.source },
  drained: { const: true },
};

/** One, or one for each of several regions. */
const GUARDRAILS = {
  oneOf: [plain(oneGuardrail), { type: 'array', items: plain(oneGuardrail), minItems: 1 }],
} satisfies Schema;

/** Of a registry's own rules about a URL and an ARN an editor need not know more than this. */
const ALERT = {
  type: 'object',
  description: 'Who is told of what.',
  properties: {
    id: { type: 'string', pattern: BUDGET_ID.source },
    kinds: { type: 'array', items: { enum: [...ALERT_KINDS] }, minItems: 1 },
    tenant: { type: 'string', description: 'Only what is this tenant’s.' },
    to: {
      type: 'object',
      properties: {
        webhook: { type: 'string', pattern: '^https?://', maxLength: WEBHOOK_MAX_CHARS },
        topic: { type: 'string', pattern: '^arn:' },
      },
      additionalProperties: false,
      oneOf: [{ required: ['webhook'] }, { required: ['topic'] }],
    },
  },
  required: ['id', 'kinds', 'to'],
  additionalProperties: false,
} satisfies Schema;

const EVALUATED: Schema = {
  type: 'array',
  readOnly: true,
  description: 'What evaluations came to, as `tollgate eval` writes it; what a file says of it is not taken.',
};

interface Conditions {
  required?: unknown;
  oneOf?: unknown;
  anyOf?: unknown;
}

/** What a document of the table has, and whoever writes one does not say. */
const WRITTEN: ReadonlySet<string> = new Set(['v', ...STAMPS]);

/** @returns by name the schema of what an operator writes of each kind */
export function definitions() {
  const price = plain(presentForm);
  const model = entry('A model.', modelSchema, { filled: ['prices'] });
  Object.assign(model.properties, {
    evaluated: EVALUATED,
    prices: nullable({ ...model.properties.prices, items: price }),
    routing: nullable({ type: 'object', properties: routing(), additionalProperties: false }),
  });
  const place = model.properties.targets?.items as Schema | undefined;
  Object.assign(place?.properties ?? {}, PLACE_MEMBERS);

  const alias = entry('A name for several models, each with its share of the calls.', aliasSchema, { whole: true });
  alias.properties.models = SHARES;
  const budget = entry('The most that may be used in a period.', budgetSchema, { whole: true });
  budget.properties.limit = DECIMAL;

  const tenant = entry('A tenant.', tenantSchema, { filled: ['suspended'] });
  const { costCenter, ...rest } = tenant.properties;
  return {
    model: { ...model, oneOf: [{ required: ['target'] }, { required: ['targets'] }] },
    tenant: {
      ...tenant,
      properties: { ...rest, costCenter, costCentre: costCenter },
      required: tenant.required.filter((name) => name !== 'costCenter'),
      anyOf: [{ required: ['costCenter'] }, { required: ['costCentre'] }],
    },
    grant: {
      ...entry('That the tenant may call a model, or those of a bundle.', grantSchema, {
        filled: ['actions'],
        without: ['tenant'],
      }),
      oneOf: [{ required: ['model'] }, { required: ['bundle'] }],
    },
    bundle: entry('Models under one name, which a grant may be of.', bundleSchema),
    alias,
    alert: ALERT,
    budget,
    evaluation: entry('How models are evaluated, and what they must reach.', templateSchema, { whole: true }),
    client: entry('An OAuth client whose tokens are the tenant’s.', clientSchema, { without: ['tenant'] }),
    defaults: entry('What holds of every tenant that does not say it itself.', defaultsSchema),
  };
}

/** The file that `tollgate export` writes and `tollgate apply` takes. */
export function fileSchema(): object {
  const { tenant: whole, model, bundle, ...rest } = definitions();
  // The file may name a part of what is there already.
  const part = <One extends object>({ required: _, oneOf: __, anyOf: ___, ...one }: One & Conditions) => ({
    ...one,
    required: ['id'],
  });
  const tenant = part(whole);
  const list = (name: string): Schema => ({ type: 'array', items: { $ref: `#/definitions/${name}` } });
  const own = { grants: list('grant'), budgets: list('budget'), clients: list('client') };
  return {
    // Editors know no later one whole.
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Tollgate’s registry',
    description: 'What is left out stays as it is; null takes a member away.',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      models: list('model'),
      bundles: list('bundle'),
      aliases: list('alias'),
      defaults: { $ref: '#/definitions/defaults' },
      budgets: { ...list('budget'), description: 'The stage’s.' },
      tenants: list('tenant'),
      alerts: list('alert'),
      evaluations: list('evaluation'),
    },
    additionalProperties: false,
    definitions: {
      model: part(model),
      bundle: part(bundle),
      ...rest,
      tenant: { ...tenant, properties: { ...tenant.properties, ...own } },
    },
  };
}

/** What says of what an entry is, where either will do. */
const NAMES: ReadonlySet<string> = new Set(['model', 'bundle', 'target', 'targets']);

interface Rules {
  /** Members that need not be said of a new one. */
  filled?: readonly string[];
  /** Members that where it stands says. */
  without?: readonly string[];
  /** It is replaced whole: no member of it is taken away by null. */
  whole?: boolean;
}

/** A step of a schema's pipe. */
interface Action {
  type: string;
  message?: string;
  requirement?: RegExp;
}

type Entries = v.StrictObjectSchema<v.ObjectEntries, undefined>;

function entry(
  description: string,
  schema: Pick<Entries, 'entries'>,
  { filled = [], without = [], whole = false }: Rules = {},
) {
  const { properties = {}, required = [], $defs: _, ...object } = plain(schema as Entries);
  const said = Object.entries(properties).filter(([name]) => !WRITTEN.has(name) && !without.includes(name));
  const clears = (name: string): boolean =>
    !whole && !NAMES.has(name) && schema.entries[name]?.type === 'exact_optional';
  return {
    ...object,
    description,
    properties: Object.fromEntries(said.map(([name, one]) => [name, clears(name) ? nullable(one) : one])),
    required: required.filter((name) => said.some(([known]) => known === name) && !filled.includes(name)),
  };
}

function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

/** From ROUTING, whose checks are code, its members as data. */
function routing(): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(ROUTING).map(([name, { otherwise, is, does }]) => {
      const description = `${does}; ${is}`;
      if (typeof otherwise === 'boolean') return [name, { type: 'boolean', description }];
      if (typeof otherwise === 'string') return [name, { type: 'string', enum: DISTRIBUTIONS, description }];
      const [, minimum, maximum] = /from (\d+) to (\d+)/.exec(is) ?? [];
      return [name, { type: 'integer', minimum: Number(minimum), maximum: Number(maximum), description }];
    }),
  );
}

function plain(schema: v.GenericSchema): Schema {
  const { $schema: _, ...converted } = toJsonSchema(schema, {
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema === guardrail
        ? (GUARDRAILS as typeof jsonSchema)
        : // Of these the tables above say what they are.
          ['custom', 'lazy'].includes(valibotSchema.type)
          ? {}
          : jsonSchema,
    overrideAction: ({ valibotAction, jsonSchema, errors }) => {
      const { type, message = '', requirement } = valibotAction as Action;
      if (type === 'transform' || type === 'finite') return jsonSchema;
      if (type === 'raw_check') return { ...jsonSchema, ...DECIMAL } as typeof jsonSchema;
      // Editors read patterns as this one's flag, u, says; a second one stands beside the first.
      if (type === 'regex' && requirement?.source !== jsonSchema.pattern)
        return { ...jsonSchema, allOf: [{ pattern: requirement?.source ?? '' }] };
      if (type === 'regex' || errors === undefined) return jsonSchema;
      const means = REASONS[message];
      if (means === undefined) throw new Error(`docs/registry-schema.ts does not know what ${message} means`);
      return { ...jsonSchema, ...means } as typeof jsonSchema;
    },
  });
  return converted as Schema;
}
