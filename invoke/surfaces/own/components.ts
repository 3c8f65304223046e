import { nativeIdOf } from '../../../policies/kinds.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { described, isUsable } from '../openai/models.ts';
import { isResource } from '../served.ts';

/**
 * `GET /v1/components`: what this caller can call now that is no model, and by which paths.
 *
 * @throws TollgateError `forbidden`, `unavailable`
 */
export async function listComponents(exchange: Exchange): Promise<Given> {
  const { models } = await exchange.entries(exchange.caller);
  const held = models.filter((model) => isResource(model.target) && isUsable(model, exchange));
  const told = await described(
    exchange,
    held.map((model) => ({ model })),
  );
  const data = held.map((model) => {
    const { id, target, expiresAt, lifecycle } = model;
    const { displayName } = told({ model });
    const { deprecatedAt, sunsetAt, successor } = lifecycle;
    return {
      ...{ id, object: 'component', kind: target.kind, native_id: nativeIdOf(target) },
      paths: exchange.abilities(model).paths,
      ...(displayName === undefined ? {} : { display_name: displayName }),
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
      ...(deprecatedAt === undefined ? {} : { deprecated_at: deprecatedAt }),
      ...(sunsetAt === undefined ? {} : { sunset_at: sunsetAt }),
      ...(successor === undefined ? {} : { successor }),
    };
  });
  return json({ object: 'list', data });
}
