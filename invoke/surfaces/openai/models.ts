import { TollgateError } from '../../../contract/errors.ts';
import { ACTIONS, type AllowedModel } from '../../../contract/model.ts';
import { nativeIdOf } from '../../../policies/kinds.ts';
import { decideModel } from '../../../registry/decide.ts';
import { hasExpired } from '../../../registry/entitled.ts';
import { lifecycleHeaders, usability } from '../../../registry/lifecycle.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { dialectsOf } from '../dialects.ts';
import { effortsOf, isStructured } from '../means.ts';
import { taskOf } from '../served.ts';

/** `GET /v1/models`: what this caller can call now, by some path. @throws TollgateError `forbidden`, `unavailable` */
export async function listModels(exchange: Exchange): Promise<Given> {
  const usable = await usableModels(exchange);
  return json({ object: 'list', data: usable.map((model) => modelObject(model, exchange)) });
}

/**
 * `GET /v1/models/{id}`
 *
 * @param wanted as for a call: the registry id, the target's own id or an ARN
 * @throws TollgateError `model_not_allowed`, `model_retired`, `forbidden`, `unavailable`
 */
export async function showModel(exchange: Exchange, wanted: string): Promise<Given> {
  const model = await wantedModel(exchange, wanted);
  return json(modelObject(model, exchange), lifecycleHeaders(model, exchange.nowSeconds));
}

/** Those that the caller can call now. @throws TollgateError as `listModels` does */
export async function usableModels(exchange: Exchange): Promise<AllowedModel[]> {
  const { models } = await exchange.entries(exchange.caller);
  return models.filter(
    (model) =>
      !hasExpired(model, exchange.nowSeconds) &&
      usability(model.lifecycle, exchange.nowSeconds).state !== 'retired' &&
      exchange.abilities(model).paths.length > 0,
  );
}

/** @throws TollgateError as `showModel` does */
export async function wantedModel(exchange: Exchange, wanted: string): Promise<AllowedModel> {
  const { models } = await exchange.entries(exchange.caller);
  const decisions = ACTIONS.map((action) => decideModel(models, wanted, action, exchange.nowSeconds));
  for (const decision of decisions) if (decision.outcome === 'allowed') return decision.model;
  for (const decision of decisions)
    if (decision.outcome === 'refused' && decision.code === 'model_retired')
      throw new TollgateError('model_retired', {
        field: 'model',
        reason: decision.reason,
        ...(decision.successor === undefined ? {} : { successor: decision.successor }),
      });
  throw new TollgateError('model_not_allowed', { field: 'model', reason: 'unknown-model' });
}

/** https://platform.openai.com/docs/api-reference/models/object, and what the caller can do with it until when. */
function modelObject(model: AllowedModel, { abilities }: Exchange): Record<string, unknown> {
  const { id, target, lifecycle, maxTokens, expiresAt, tiers } = model;
  const { deprecatedAt, sunsetAt, successor } = lifecycle;
  const { paths, streaming, output } = abilities(model);
  const native = nativeIdOf(target);
  return {
    id,
    object: 'model',
    // The registry does not say when a model was made, and SDKs want a number.
    created: 0,
    owned_by: `amazon-${target.arn.split(':')[2]}`,
    // By which SDKs know what a model can do. An ARN would name the account.
    ...(native.startsWith('arn:') ? {} : { native_id: native }),
    paths,
    streaming,
    ...(taskOf(model) === 'chat' ? { capabilities: capabilitiesOf(model) } : {}),
    ...(output === undefined ? {} : { output_modalities: [output] }),
    ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
    ...(tiers === undefined ? {} : { service_tiers: tiers }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(deprecatedAt === undefined ? {} : { deprecated_at: deprecatedAt }),
    ...(sunsetAt === undefined ? {} : { sunset_at: sunsetAt }),
    ...(successor === undefined ? {} : { successor }),
  };
}

/** What a caller may ask of it, beside what any model that converses can do. */
function capabilitiesOf(model: AllowedModel): Record<string, unknown> {
  const dialects = dialectsOf(model);
  return {
    dialects,
    // What takes OpenAI's form is asked in it, and has its own say.
    ...(dialects.includes('openai')
      ? {}
      : { structured_output: isStructured(model) ? 'model' : 'tool', reasoning_efforts: effortsOf(model) }),
  };
}
