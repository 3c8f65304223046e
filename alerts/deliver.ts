import type { Publish } from '../aws/sns.ts';
import { ALERT_TIMEOUT_MS } from '../contract/limits/alerts.ts';
import { type Clock, logLine, type WriteLine } from '../contract/log.ts';
import type { Receiver } from '../registry/alert.ts';
import { messageOf } from './message.ts';
import type { SendWebhook } from './webhook.ts';

export interface DeliverOptions {
  /** Those of the stage. */
  receivers(): Promise<readonly Receiver[]>;
  webhook: SendWebhook;
  publish: Publish;
  clock: Clock;
  write: WriteLine;
}

export interface Delivered {
  /** Ids of those who were told. */
  sent: string[];
}

/**
 * Tells everyone who wants to know of an event, each by itself.
 *
 * @returns throws when one of them could not be told, after the others were: the event comes again then, to all of them, and in the
 *   end lies in the queue of failures. Better told twice than not
 */
export function createDeliver(options: DeliverOptions): (event: unknown) => Promise<Delivered> {
  const { receivers, webhook, publish, clock, write } = options;
  return async (event) => {
    const message = messageOf(event);
    if (message === undefined) throw new Error('no event of Tollgate');
    const wanted = (await receivers()).filter((one) => message.isFor(one));
    const settled = await Promise.allSettled(
      wanted.map(({ to }) =>
        'topic' in to
          ? publish(to.topic, message, { abortSignal: AbortSignal.timeout(ALERT_TIMEOUT_MS) })
          : webhook(to.webhook, { text: `*${forSlack(message.subject)}*\n${forSlack(message.text)}` }),
      ),
    );
    const sent: string[] = [];
    const failed: string[] = [];
    for (const [index, { id }] of wanted.entries()) {
      const one = settled[index];
      if (one?.status === 'fulfilled') sent.push(id);
      else failed.push(`${id}: ${reasonOf(one?.reason)}`);
    }
    const { subject } = message;
    write(logLine(clock(), { event: 'alert', level: failed.length > 0 ? 'error' : 'info', subject, sent, failed }));
    if (failed.length > 0) throw new Error(`not told: ${failed.join('; ')}`);
    return { sent };
  };
}

/** Its own escapes, so that no name of a tenant becomes a link or calls a channel (https://api.slack.com/reference/surfaces/formatting). */
function forSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Without a name that was looked up: of a connection only its code. */
function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  return typeof code === 'string' ? code : (message ?? 'failed');
}
