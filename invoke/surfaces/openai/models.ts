import { TollgateError } from '../../../contract/errors.ts';
import {
  ACTIONS,
  type AllowedModel,
  type Capabilities,
  type Description,
  type Modality,
} from '../../../contract/model.ts';
import { nativeIdOf } from '../../../policies/kinds.ts';
import { type Decision, decideModel } from '../../../registry/decide.ts';
import { hasExpired } from '../../../registry/entitled.ts';
import { lifecycleHeaders, usability } from '../../../registry/lifecycle.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { dialectsOf } from '../dialects.ts';
import { effortsOf, isStructured } from '../means.ts';
import { isResource, taskOf } from '../served.ts';

/** `GET /v1/models`: what this caller can call now, by some path. @throws TollgateError `forbidden`, `unavailable` */
export async function listModels(exchange: Exchange): Promise<Given> {
  const named = await namedModels(exchange);
  const told = await described(exchange, named);
  return json({ object: 'list', data: named.map((one) => modelObject(one, exchange, told(one))) });
}

/**
 * `GET /v1/models/{id}`
 *
 * @param wanted as for a call: the registry id, an alias, the target's own id or an ARN
 * @throws TollgateError `model_not_allowed`, `model_retired`, `forbidden`, `unavailable`
 */
export async function showModel(exchange: Exchange, wanted: string): Promise<Given> {
  const named = await wantedName(exchange, wanted);
  const told = await described(exchange, [named]);
  return json(modelObject(named, exchange, told(named)), lifecycleHeaders(named.model, exchange.nowSeconds));
}

/** What a caller may write, and the model that it is. */
export interface Named {
  id: string;
  model: AllowedModel;
  /** Of an alias: registry ids of the models that answer to it. */
  servedBy?: string[];
}

/** Every name of what the caller can call now, the models' own first. @throws TollgateError as `listModels` does */
export async function namedModels(exchange: Exchange): Promise<Named[]> {
  const [models, all] = await Promise.all([usableModels(exchange), heldModels(exchange)]);
  const aliases = models.flatMap((model) => model.aliases?.map(({ alias }) => alias) ?? []);
  // A successor answers to these, where it can.
  const ended = all.flatMap(({ aliases = [] }) =>
    aliases.flatMap((one) => (one.atEnd === 'switch' ? [one.alias] : [])),
  );
  const names = new Set([...models.map(({ id }) => id), ...[...aliases, ...ended].sort()]);
  return [...names].flatMap((name) => {
    const own = decisionOf(exchange, models, name);
    const decision = own.outcome === 'allowed' ? own : decisionOf(exchange, all, name);
    return decision.outcome === 'allowed' && models.some(({ id }) => id === decision.model.id)
      ? [named(decision, name)]
      : [];
  });
}

/** Those that the caller can call now. @throws TollgateError as `listModels` does */
export async function usableModels(exchange: Exchange): Promise<AllowedModel[]> {
  return (await heldModels(exchange)).filter((model) => isUsable(model, exchange));
}

export function isUsable(model: AllowedModel, { nowSeconds, abilities }: Exchange): boolean {
  return (
    !hasExpired(model, nowSeconds) &&
    usability(model.lifecycle, nowSeconds).state !== 'retired' &&
    abilities(model).paths.length > 0
  );
}

/** A client that lists models shows all of them for a conversation: what is called by no model's path has a list of its own. */
async function heldModels({ entries, caller }: Exchange): Promise<AllowedModel[]> {
  return (await entries(caller)).models.filter(({ target }) => !isResource(target));
}

/** @throws TollgateError as `showModel` does */
export async function wantedModel(exchange: Exchange, wanted: string): Promise<AllowedModel> {
  return (await wantedName(exchange, wanted)).model;
}

/** @throws TollgateError as `showModel` does */
export async function wantedName(exchange: Exchange, wanted: string): Promise<Named> {
  return named(decisionOf(exchange, await heldModels(exchange), wanted), wanted);
}

/** What their operator says of them. */
export async function described(
  exchange: Exchange,
  all: readonly { model: AllowedModel }[],
): Promise<(one: { model: AllowedModel }) => Description> {
  const found = await exchange.describe([...new Set(all.map(({ model }) => model.id))]);
  return ({ model }) => found.get(model.id) ?? {};
}

/** Of one answer, by what the model can do and what the grant allows. */
export function mostOutput({ maxTokens }: AllowedModel, { limits }: Description): number | undefined {
  const most = Math.min(maxTokens ?? Number.POSITIVE_INFINITY, limits?.output ?? Number.POSITIVE_INFINITY);
  return most === Number.POSITIVE_INFINITY ? undefined : most;
}

/** For whichever action there is one for. */
function decisionOf(exchange: Exchange, models: readonly AllowedModel[], wanted: string): Decision {
  const decisions = ACTIONS.map((action) => decideModel(models, wanted, action, exchange.nowSeconds, exchange));
  const found =
    decisions.find(({ outcome }) => outcome === 'allowed') ??
    decisions.find((decision) => decision.outcome === 'refused' && decision.code === 'model_retired');
  return found ?? { outcome: 'refused', code: 'model_not_allowed', reason: 'unknown-model' };
}

function named(decision: Decision, wanted: string): Named {
  if (decision.outcome === 'refused')
    throw new TollgateError(decision.code, {
      field: 'model',
      reason: decision.reason,
      ...(decision.successor === undefined ? {} : { successor: decision.successor }),
    });
  const { model, others } = decision;
  if (others === undefined) return { id: model.id, model };
  const share = model.aliases?.find(({ alias }) => alias === wanted);
  const all = share?.by === 'request' ? [model, ...others] : [model];
  return { id: wanted, model, servedBy: all.map(({ id }) => id).sort() };
}

/** https://platform.openai.com/docs/api-reference/models/object, and what the caller can do with it until when. */
function modelObject(
  { id, model, servedBy }: Named,
  { abilities }: Exchange,
  said: Description,
): Record<string, unknown> {
  const { target, lifecycle, expiresAt, tiers } = model;
  const { displayName, capabilities, limits } = said;
  const most = mostOutput(model, said);
  const { deprecatedAt, sunsetAt, successor } = lifecycle;
  const { paths, streaming, output } = abilities(model);
  const native = nativeIdOf(target);
  return {
    id,
    object: 'model',
    ...(servedBy && { served_by: servedBy }),
    // The registry does not say when a model was made, and SDKs want a number.
    created: 0,
    owned_by: `amazon-${target.arn.split(':')[2]}`,
    // By which SDKs know what a model can do. An ARN would name the account.
    ...(native.startsWith('arn:') ? {} : { native_id: native }),
    paths,
    streaming: streaming && capabilities?.streaming !== false,
    ...(displayName === undefined ? {} : { display_name: displayName }),
    ...(taskOf(model) === 'chat' ? { capabilities: capabilitiesOf(model, capabilities) } : {}),
    ...(capabilities?.input && { input_modalities: capabilities.input.map(asBedrock) }),
    ...(capabilities?.output
      ? { output_modalities: capabilities.output.map(asBedrock) }
      : output && { output_modalities: [output] }),
    ...(limits?.context === undefined ? {} : { context_length: limits.context }),
    ...(most === undefined ? {} : { max_output_tokens: most }),
    ...(tiers === undefined ? {} : { service_tiers: tiers }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(deprecatedAt === undefined ? {} : { deprecated_at: deprecatedAt }),
    ...(sunsetAt === undefined ? {} : { sunset_at: sunsetAt }),
    ...(successor === undefined ? {} : { successor }),
  };
}

/** What a caller may ask of it, beside what any model that converses can do. */
function capabilitiesOf(model: AllowedModel, said: Capabilities = {}): Record<string, unknown> {
  const dialects = dialectsOf(model);
  return {
    dialects,
    // What takes OpenAI's form is asked in it, and has its own say.
    ...(dialects.includes('openai')
      ? {}
      : { structured_output: isStructured(model) ? 'model' : 'tool', reasoning_efforts: effortsOf(model) }),
    ...(said.tools === undefined ? {} : { tools: said.tools }),
    ...(said.reasoning === undefined ? {} : { reasoning: said.reasoning }),
    ...(said.promptCaching === undefined ? {} : { prompt_caching: said.promptCaching }),
  };
}

export function asBedrock(modality: Modality): string {
  return modality.toUpperCase();
}
