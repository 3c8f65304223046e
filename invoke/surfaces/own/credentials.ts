import { TollgateError } from '../../../contract/errors.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { servedBy } from '../../pipeline/choose.ts';

/**
 * `GET /credentials?model=ID`, and `&region=REGION` for a model that is in several: what an AWS SDK asks for where AWS_CONTAINER_CREDENTIALS_FULL_URI points here and
 * AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE holds `Bearer <token>`
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
 *
 * @throws TollgateError `invalid_request` without exactly one `model`, and for a region that it is not in; `model_not_allowed`, `model_retired`, `forbidden`,
 *   `unavailable`
 */
export async function handOutCredentials(exchange: Exchange): Promise<Given> {
  const [wanted, ...more] = exchange.request.query.getAll('model');
  if (wanted === undefined || wanted === '' || more.length > 0)
    throw new TollgateError('invalid_request', {
      field: 'model',
      reason: more.length > 0 ? 'repeated' : 'missing',
      message: 'Name one model: /credentials?model=ID.',
    });
  const [region, ...others] = exchange.request.query.getAll('region');
  if (others.length > 0)
    throw new TollgateError('invalid_request', { field: 'region', reason: 'repeated', message: 'Name one region.' });
  const { credentials, expiresAt, model } = await exchange.direct(wanted, region || undefined);
  return json(
    {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      // Without a fraction: not every SDK reads one.
      Expiration: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
    { ...lifecycleHeaders(model, exchange.nowSeconds), ...servedBy(model, wanted), 'cache-control': 'no-store' },
  );
}
