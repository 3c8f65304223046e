import { TollgateError } from '../../../contract/errors.ts';
import { parseJsonObject } from '../../../contract/json.ts';
import type { Target } from '../../../contract/model.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { segment } from '../../providers/runtime.ts';
import { relay } from '../relay.ts';
import { aliased } from './agent.ts';
import { resourceFrames } from './frames.ts';
import { callResource } from './resource.ts';

/**
 * `POST /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}`
 *
 * @param flow the flow's own id with its alias beside it; or a registry id, and then the alias is `-`
 * @throws TollgateError
 */
export async function invokeFlow(exchange: Exchange, flow: string, alias: string): Promise<Given> {
  const body = await jsonBytes(exchange.request);
  const { enableTrace, executionId } = parseJsonObject(body);
  if (executionId !== undefined)
    throw new TollgateError('invalid_request', {
      field: 'executionId',
      reason: 'not-served',
      message: 'Runs that wait for an answer are not taken up again here: leave executionId out.',
    });
  const answer = await callResource(exchange, {
    kind: 'bedrock-flow',
    operation: 'invoke-flow',
    wanted: aliased(flow, alias, '/alias/'),
    body,
    native: pathOf,
    check({ trace }) {
      if (trace === true || enableTrace === undefined || enableTrace === false) return;
      throw new TollgateError('invalid_request', {
        field: 'enableTrace',
        reason: 'trace-not-granted',
        message: 'Traces are not granted here: leave enableTrace out, or set it to false.',
      });
    },
  });
  if (answer.kind !== 'stream') throw new TollgateError('internal', { reason: 'not-a-stream' });
  const { model, status, headers } = answer;
  return {
    status,
    headers: {
      ...headers,
      ...lifecycleHeaders(model, exchange.nowSeconds),
      'content-type': 'application/vnd.amazon.eventstream',
    },
    body: relay(answer.events, resourceFrames(model.trace === true), exchange.broke),
  };
}

/** `/flows/{id}/aliases/{alias}` */
function pathOf({ arn }: Target): string {
  const [, flow = '', , alias = ''] = arn.split('/');
  return `/flows/${segment(flow)}/aliases/${segment(alias)}`;
}
