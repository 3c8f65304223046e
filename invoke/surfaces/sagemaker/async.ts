import { TollgateError } from '../../../contract/errors.ts';
import { isKey, isWithin } from '../../../contract/folder.ts';
import { parseJson } from '../../../contract/json.ts';
import { ASYNC_BODY_MAX_BYTES } from '../../../contract/limits/invoke.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import { LATER, type ProviderRequest } from '../../call.ts';
import { anyBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { invalid } from '../fields.ts';
import { checkBody } from './body.ts';
import { ACCEPT_HEADER, ASYNC_HEADERS, FOLDER_HEADER, INPUT_HEADER, NAMING_HEADERS, TYPE_HEADER } from './headers.ts';
import { endpointsOf, ownHeaders } from './sagemaker.ts';

/**
 * `POST /endpoints/{name}/async-invocations`
 *
 * SageMaker reads what the caller names and writes the answer by the rights of the endpoint's own role, which reaches every
 * tenant's objects, and IAM has no condition for either place. So both are in a folder of the tenant's: its id stands before
 * whatever it names.
 *
 * @param named a registry id or an endpoint's own name
 * @throws TollgateError
 */
export async function invokeEndpointAsync(exchange: Exchange, named: string): Promise<Given> {
  const { request, caller } = exchange;
  const own = ownHeaders(request.headers, ASYNC_HEADERS);
  const { [INPUT_HEADER]: input, [FOLDER_HEADER]: folder, [ACCEPT_HEADER]: accept = '', ...passed } = own;
  const { body, json } = await anyBytes(request, own[TYPE_HEADER]);
  if (body.byteLength > ASYNC_BODY_MAX_BYTES)
    throw new TollgateError('too_large', { detail: { bytes: body.byteLength } });
  // SageMaker takes either.
  if ((input === undefined) === (body.byteLength === 0))
    throw invalid(INPUT_HEADER, 'must be given where there is no body, and only there');
  for (const name of [FOLDER_HEADER, ...NAMING_HEADERS]) {
    const value = own[name];
    if (value !== undefined && !(isKey(value) && (name === FOLDER_HEADER || !value.includes('/'))))
      throw invalid(name, MUST);
  }
  const value = json && body.byteLength > 0 ? parseJson(body) : undefined;
  const answer = await exchange.run({
    surface: 'sagemaker',
    caller,
    requestId: exchange.requestId,
    wanted: named,
    action: 'invoke',
    later: true,
    prepare: (model): ProviderRequest => {
      if (input !== undefined && !isWithin(`${endpointsOf(model)[0].asyncInput}${caller.tenant}/`, input))
        throw invalid(
          INPUT_HEADER,
          `must name an object where this model's inputs are, in the folder ${caller.tenant}/ there`,
        );
      checkBody(value, named, model);
      return {
        operation: LATER,
        body,
        contentType: request.headers.get('content-type') ?? 'application/octet-stream',
        accept,
        headers: {
          ...passed,
          ...(input === undefined ? {} : { [INPUT_HEADER]: input }),
          [FOLDER_HEADER]: folder === undefined ? caller.tenant : `${caller.tenant}/${folder}`,
        },
      };
    },
    waitUntil: exchange.waitUntil,
  });
  if (answer.kind !== 'whole') throw new TollgateError('internal', { reason: 'not-whole' });
  const { status, body: said } = answer;
  return { status, headers: { ...answer.headers, ...lifecycleHeaders(answer.model, exchange.nowSeconds) }, body: said };
}

const MUST = "must be of letters, digits and any of - _ . ! * ' ( ) = @ : and comma";
