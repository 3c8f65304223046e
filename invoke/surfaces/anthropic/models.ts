import { MODELS_PAGE, MODELS_PAGE_MAX } from '../../../contract/limits/anthropic.ts';
import type { Description } from '../../../contract/model.ts';
import { nativeIdOf } from '../../../policies/kinds.ts';
import { lifecycleHeaders, usability } from '../../../registry/lifecycle.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { invalid } from '../fields.ts';
import { described, mostOutput, type Named, namedModels, wantedName } from '../openai/models.ts';

/**
 * `GET /v1/models` as Anthropic has it (https://platform.claude.com/docs/en/api/models/list): the same models, in pages.
 *
 * @throws TollgateError `forbidden`, `unavailable`; `invalid_request` for a page that is none
 */
export async function listModels(exchange: Exchange): Promise<Given> {
  const { query } = exchange.request;
  const all = await namedModels(exchange);
  const limit = limitOf(query.get('limit'));
  const indexOf = (name: string): number | undefined => {
    const id = query.get(name);
    if (id === null) return undefined;
    const index = all.findIndex((named) => named.id === id);
    if (index < 0) throw invalid(name, 'must be the id of a model of the list');
    return index;
  };
  const before = indexOf('before_id');
  const after = indexOf('after_id');
  const from = before === undefined ? (after ?? -1) + 1 : Math.max(0, before - limit);
  const page = all.slice(from, Math.min(from + limit, before ?? all.length));
  const more = before === undefined ? from + page.length < all.length : from > 0;
  const told = await described(exchange, page);
  const data = page.map((named) => modelInfo(named, exchange, told(named)));
  return json(
    { data, has_more: more, first_id: page[0]?.id ?? null, last_id: page.at(-1)?.id ?? null },
    { 'request-id': exchange.requestId },
  );
}

/** `GET /v1/models/{id}`. @throws TollgateError `model_not_allowed`, `model_retired`, `forbidden`, `unavailable` */
export async function showModel(exchange: Exchange, wanted: string): Promise<Given> {
  const named = await wantedName(exchange, wanted);
  const headers = { ...lifecycleHeaders(named.model, exchange.nowSeconds), 'request-id': exchange.requestId };
  const told = await described(exchange, [named]);
  return json(modelInfo(named, exchange, told(named)), headers);
}

function limitOf(text: string | null): number {
  if (text === null) return MODELS_PAGE;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MODELS_PAGE_MAX)
    throw invalid('limit', `must be a whole number from 1 to ${MODELS_PAGE_MAX}`);
  return limit;
}

function modelInfo({ id, model, servedBy }: Named, { abilities, nowSeconds }: Exchange, said: Description): object {
  const { target, lifecycle } = model;
  const { paths, streaming } = abilities(model);
  const native = nativeIdOf(target);
  const deprecated = usability(lifecycle, nowSeconds).state === 'deprecated';
  return {
    type: 'model',
    id,
    // An alias is not the model that it comes to.
    display_name: (servedBy === undefined ? said.displayName : undefined) ?? id,
    ...(servedBy && { served_by: servedBy }),
    // What Anthropic says where the date is not known, as it is not here.
    created_at: isoOf(0),
    lifecycle: deprecated ? 'deprecated' : 'active',
    deprecated_at: deprecated ? isoOf(lifecycle.deprecatedAt) : null,
    retires_at: isoOf(lifecycle.sunsetAt),
    max_input_tokens: said.limits?.context ?? null,
    max_tokens: mostOutput(model, said) ?? null,
    capabilities: null,
    line: null,
    ...(native.startsWith('arn:') ? {} : { native_id: native }),
    ...{ paths, streaming: streaming && said.capabilities?.streaming !== false },
    ...(deprecated && lifecycle.successor !== undefined ? { successor: lifecycle.successor } : {}),
  };
}

function isoOf(seconds: number | undefined): string | null {
  return seconds === undefined ? null : `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
