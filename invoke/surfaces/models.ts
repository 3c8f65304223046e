import type { Exchange, Given } from '../exchange.ts';

/** `GET /v1/models` is a path of two vendors, and Anthropic's clients say who they are. */
const forms = (exchange: Exchange) =>
  exchange.request.headers.get('anthropic-version') === null
    ? import('./openai/models.ts')
    : import('./anthropic/models.ts');

export async function listModels(exchange: Exchange): Promise<Given> {
  return (await forms(exchange)).listModels(exchange);
}

export async function showModel(exchange: Exchange, wanted: string): Promise<Given> {
  return (await forms(exchange)).showModel(exchange, wanted);
}
