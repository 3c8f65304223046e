import { parseJsonObject } from '../../../contract/json.ts';
import type { Target } from '../../../contract/model.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { setMember } from '../../grants/member.ts';
import { segment } from '../../providers/runtime.ts';
import { aliased, checkTraced, textOf } from './agent.ts';
import { streamed } from './frames.ts';
import { callResource, ownId } from './resource.ts';

/**
 * `POST /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}`
 *
 * @param flow the flow's own id with its alias beside it; or a registry id, and then the alias is `-`
 * @throws TollgateError
 */
export async function invokeFlow(exchange: Exchange, flow: string, alias: string): Promise<Given> {
  let body = await jsonBytes(exchange.request);
  const { enableTrace, executionId } = parseJsonObject(body);
  // One that Bedrock would name itself could not be told from another tenant's: who wants to go on with a run names it.
  if (executionId !== undefined) {
    const named = textOf(executionId, 'executionId');
    body = setMember(body, ['executionId'], ownId(exchange.caller.tenant, 'run', named, 'executionId'));
  }
  const answer = await callResource(exchange, {
    kind: 'bedrock-flow',
    operation: 'invoke-flow',
    wanted: aliased(flow, alias, '/alias/'),
    body,
    native: pathOf,
    check: (model) => checkTraced(enableTrace, model),
  });
  const run: Record<string, string> =
    typeof executionId === 'string' ? { 'x-amz-bedrock-flow-execution-id': executionId } : {};
  return streamed(answer, exchange, run);
}

/** `/flows/{id}/aliases/{alias}` */
export function pathOf({ arn }: Target): string {
  const [, flow = '', , alias = ''] = arn.split('/');
  return `/flows/${segment(flow)}/aliases/${segment(alias)}`;
}
