import { createHash } from 'node:crypto';
import type { Document, Plain } from './items.ts';

/** A URL that is a secret, for a reader: whose it is, and something by which two are told apart. */
export function hiddenUrl(url: string): string {
  const hash = createHash('sha256').update(url).digest('hex').slice(0, 8);
  return `${URL.canParse(url) ? new URL(url).origin : ''}/… (sha256 ${hash})`;
}

/** A document as a list or a history shows it: whoever has the URL of a webhook may write to it. Any other document is as it was. */
export function hidden<Some extends Document | null | undefined>(document: Some): Some {
  const list = document?.alerts;
  return Array.isArray(list) ? ({ ...document, alerts: list.map(receiver) } as Some) : document;
}

function receiver(one: Plain): Plain {
  const { to } = (one ?? {}) as { to?: Document };
  return typeof to?.webhook === 'string' ? { ...(one as Document), to: { webhook: hiddenUrl(to.webhook) } } : one;
}
