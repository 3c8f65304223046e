/** What of an upstream's answer, beside its body, a caller may see. */

const COUNT = /^\d{1,11}$/;
const WORD = /^[a-z_-]{1,32}$/i;
/** What a container's own words may be: of one line, and without an ARN or an account's number. */
const WORDS = /^(?!.*(?:arn:|\d{12}))[ -~]{1,1024}$/;

/** An object in S3, of a bucket whose name is without an account's number. */
const PLACE = /^s3:\/\/(?![^/]*\d{12})[a-z0-9.-]{3,63}\/[!-~]{1,1024}$/;

/** The headers of an upstream's answer that a caller may see, and what they may hold: the others name accounts and requests. */
const SHOWN: Readonly<Record<string, RegExp>> = {
  'x-amzn-bedrock-input-token-count': COUNT,
  'x-amzn-bedrock-output-token-count': COUNT,
  'x-amzn-bedrock-cache-read-input-token-count': COUNT,
  'x-amzn-bedrock-cache-write-input-token-count': COUNT,
  'x-amzn-bedrock-invocation-latency': COUNT,
  'x-amzn-bedrock-knowledge-base-session-id': /^[\w.:-]{2,100}$/,
  'x-amzn-bedrock-service-tier': WORD,
  'x-amzn-bedrock-performanceconfig-latency': WORD,
  'x-amzn-invoked-production-variant': /^[\w-]{1,63}$/,
  'x-amzn-sagemaker-custom-attributes': WORDS,
  'x-amzn-sagemaker-new-session-id': WORDS,
  'x-amzn-sagemaker-closed-session-id': WORDS,
  'x-amzn-sagemaker-outputlocation': PLACE,
  'x-amzn-sagemaker-failurelocation': PLACE,
};

/** What models answer in. Whatever else comes, HTML above all, is told as bytes, so that no browser runs it. */
const MEDIA_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/jsonlines',
  'application/vnd.amazon.eventstream',
  'application/octet-stream',
  'application/jsonl',
  'application/x-jsonlines',
  'application/x-ndjson',
  'application/x-npy',
  'application/x-recordio-protobuf',
  'application/x-parquet',
  'application/x-protobuf',
  'application/msgpack',
  'text/plain',
  'text/csv',
  'text/event-stream',
  'image/png',
  'image/jpeg',
  'image/webp',
  'audio/mpeg',
  'audio/wav',
  'audio/flac',
  'audio/ogg',
  'video/mp4',
]);

/** @returns lower-case names; the content type is always there */
export function answerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const shown = Object.entries(headers).filter(([name, value]) => SHOWN[name]?.test(value));
  // What is within a stream's frames.
  const inner = ['x-amzn-bedrock-content-type', 'x-amzn-sagemaker-content-type'].filter((name) => headers[name]);
  return {
    ...Object.fromEntries(shown),
    'content-type': mediaType(headers['content-type']),
    ...Object.fromEntries(inner.map((name) => [name, mediaType(headers[name])])),
  };
}

function mediaType(given = ''): string {
  const [type = '', ...parameters] = given.toLowerCase().split(';');
  if (!MEDIA_TYPES.has(type.trim())) return 'application/octet-stream';
  const utf8 = parameters.some((parameter) => /^\s*charset\s*=\s*"?utf-8"?\s*$/.test(parameter));
  return utf8 ? `${type.trim()}; charset=utf-8` : type.trim();
}
