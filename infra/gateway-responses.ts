import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { gatewayResponses } from '../contract/gateway-responses.ts';
import { ANTHROPIC_ID_HEADER, REQUEST_ID_HEADER } from '../contract/request-id.ts';

/** Makes API Gateway's own answers those of contract/gateway-responses.ts: JSON for every SDK, and no word of AWS's own. */
export function addGatewayResponses(api: RestApi, cors: boolean, filtered: boolean): void {
  for (const [type, { status, headers, body }] of Object.entries(gatewayResponses(cors, filtered)))
    api.addGatewayResponse(`Response${type}`, {
      type: ResponseType.of(type),
      ...(status === null ? {} : { statusCode: String(status) }),
      responseHeaders: {
        // Fixed values stand in single quotes there; anything else would be an expression.
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `'${value}'`])),
        [REQUEST_ID_HEADER]: 'context.requestId',
        [ANTHROPIC_ID_HEADER]: 'context.requestId',
      },
      templates: { 'application/json': body },
    });
}
