import { type AwsJsonOptions, createAwsJson } from '../../aws/json.ts';
import { SPANS_SECRET_MEMORY_MS, SPANS_SEND_MS } from '../../contract/limits/traces.ts';
import { otlpHeaders } from '../../contract/otlp.ts';
import { createTransport } from '../providers/transport.ts';

export interface SecretHeadersOptions extends Pick<AwsJsonOptions, 'signedAs' | 'url' | 'clock'> {
  /** Name or ARN of a secret whose text is as OTEL_EXPORTER_OTLP_HEADERS has it. */
  secretId: string;
}

/** A collector's key, out of Secrets Manager: a variable would show it to whoever may look at a function. */
export function createSecretHeaders({ secretId, clock, ...options }: SecretHeadersOptions) {
  const transport = createTransport({ requestMs: SPANS_SEND_MS });
  const call = createAwsJson({ ...options, transport, service: 'secretsmanager', clock });
  let held: { until: number; headers: Record<string, string> } | undefined;
  return async (abortSignal: AbortSignal): Promise<Readonly<Record<string, string>>> => {
    if (held !== undefined && held.until > clock()) return held.headers;
    const { SecretString: text } = await call('GetSecretValue', { SecretId: secretId }, { abortSignal });
    // Of a secret that holds no text there is none that has pairs.
    const headers = otlpHeaders(String(text), 'TOLLGATE_OTLP_HEADERS_SECRET');
    held = { until: clock() + SPANS_SECRET_MEMORY_MS, headers };
    return held.headers;
  };
}
