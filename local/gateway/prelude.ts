/** What a streaming integration says before its body. */
export interface Prelude {
  statusCode: number;
  headers: [string, string | string[]][];
}

const DELIMITER = Buffer.alloc(8);

/** Bytes. Lambda's metadata holds headers only; API Gateway's headers end at 10,240. */
const PRELUDE_MAX_BYTES = 65_536;

/**
 * Splits a streamed answer into metadata and body: metadata JSON, 8 NUL bytes, body
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html).
 */
export class PreludeReader {
  #seen = Buffer.alloc(0);

  /**
   * @returns the prelude and the first bytes of the body once the delimiter has come, undefined before
   * @throws Error when it is not a prelude: API Gateway then answers 502
   */
  push(bytes: Uint8Array): { prelude: Prelude; rest: Uint8Array } | undefined {
    this.#seen = this.#seen.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#seen, bytes]);
    const end = this.#seen.indexOf(DELIMITER);
    if (end >= 0) {
      const prelude = parsePrelude(this.#seen.toString('utf8', 0, end));
      return { prelude, rest: this.#seen.subarray(end + DELIMITER.length) };
    }
    if (this.#seen.length > PRELUDE_MAX_BYTES) throw new Error('the integration sent no prelude');
    return undefined;
  }
}

function parsePrelude(text: string): Prelude {
  const { statusCode, headers, multiValueHeaders, cookies } = JSON.parse(text) as Record<string, unknown>;
  if (!Number.isInteger(statusCode) || Number(statusCode) < 200 || Number(statusCode) > 599)
    throw new Error('the prelude has no status code');
  const found = new Map<string, [string, string | string[]]>();
  const set = (name: string, value: string | string[]): void => {
    found.set(name.toLowerCase(), [name, value]);
  };
  for (const [name, value] of Object.entries(headers ?? {})) set(name, String(value));
  // Where both are given API Gateway takes the multi-valued form.
  for (const [name, values] of Object.entries(multiValueHeaders ?? {}))
    if (Array.isArray(values)) set(name, values.map(String));
  if (Array.isArray(cookies) && cookies.length > 0) set('set-cookie', cookies.map(String));
  return { statusCode: Number(statusCode), headers: [...found.values()] };
}
