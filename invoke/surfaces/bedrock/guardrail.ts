import { TollgateError } from '../../../contract/errors.ts';
import { appliedOf } from '../../../contract/guardrails.ts';
import { parseJsonObject } from '../../../contract/json.ts';
import type { ProviderRequest } from '../../call.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { checkScope, untraced } from '../../grants/trace.ts';

/**
 * `POST /guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply`: a guardrail that the caller was granted, or that the
 * grant of a model names, on a text of its own. Any other, and any other version, is answered as a model is that was not granted.
 *
 * @param identifier its id or ARN, or its registry id where it has one, percent-decoded once
 * @throws TollgateError
 */
export async function applyGuardrail(exchange: Exchange, identifier: string, version: string): Promise<Given> {
  const body = await jsonBytes(exchange.request);
  const answer = await exchange.run({
    surface: 'bedrock',
    caller: exchange.caller,
    requestId: exchange.requestId,
    wanted: `${identifier}:${version}`,
    action: 'guard',
    prepare: (model): ProviderRequest => {
      const guardrail = appliedOf(model).find(
        ({ arn, version: its }) =>
          its === version && (identifier === arn || identifier === model.id || arn.endsWith(`/${identifier}`)),
      );
      if (guardrail === undefined) throw new TollgateError('model_not_allowed', { reason: 'no-guardrail' });
      checkScope(parseJsonObject(body).outputScope, model);
      const json = 'application/json';
      return { operation: 'apply-guardrail', body, contentType: json, accept: json, headers: {}, guardrail };
    },
    waitUntil: exchange.waitUntil,
  });
  if (answer.kind !== 'whole') throw new TollgateError('internal', { reason: 'not-whole' });
  const { model, status, headers } = answer;
  return { status, headers, body: model.trace === true ? answer.body : untraced('apply-guardrail', answer.body) };
}
