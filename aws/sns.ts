import { HttpRequest } from '@smithy/core/protocols';
import { ALERT_SUBJECT_MAX_CHARS } from '../contract/limits/alerts.ts';
import { type AwsJsonOptions, suffixOf } from './json.ts';
import { signed } from './sigv4.ts';

/** @throws Error with SNS's status, and nothing of what it answered; what the transport throws when it does not answer */
export type Publish = (
  topic: string,
  message: { subject: string; text: string },
  options: { abortSignal: AbortSignal },
) => Promise<void>;

/**
 * SNS's Publish, which is no JSON but the Query protocol: signed and sent with what a bundle holds anyway. It makes one attempt.
 * (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html)
 */
export function createPublish(options: Pick<AwsJsonOptions, 'signedAs' | 'transport' | 'url' | 'clock'>): Publish {
  const { signedAs, transport, url, clock } = options;
  return async (topic, { subject, text }, sending) => {
    const region = topic.split(':')[3] ?? '';
    const target = new URL(url ?? `https://sns.${region}.${suffixOf(region)}`);
    const Subject = plain(subject);
    const body = new URLSearchParams({
      ...{ Action: 'Publish', Version: '2010-03-31', TopicArn: topic, Message: text },
      ...(Subject === '' ? {} : { Subject }),
    }).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
    };
    const unsigned = { method: 'POST', host: target.host, path: target.pathname, headers, body };
    const { response } = await transport.handle(
      new HttpRequest({
        ...{ method: 'POST', protocol: target.protocol, hostname: target.hostname, path: target.pathname, body },
        ...(target.port === '' ? {} : { port: Number(target.port) }),
        headers: signed(unsigned, { service: 'sns', region }, await signedAs.credentials(), clock()),
      }),
      sending,
    );
    (response.body as { resume?(): void }).resume?.();
    if (response.statusCode !== 200) throw new Error(`SNS answered ${response.statusCode}`);
  };
}

/** A subject is ASCII, begins with no space, has no line break and is shorter than 100 characters. */
function plain(subject: string): string {
  return subject
    .replace(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, ALERT_SUBJECT_MAX_CHARS);
}
