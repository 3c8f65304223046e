import { type AccessRequest, accessRequestDocument, parseAccessRequest } from './access-request.ts';
import { type AlertsEntry, alertsDocument, parseAlerts } from './alert.ts';
import { parseTemplates, type TemplatesEntry, templatesDocument } from './evaluation/template.ts';
import { type KeyEntry, keyDocument, parseKeyEntry } from './gateway-keys/key.ts';
import {
  ALERTS_KEY,
  ALERTS_SK,
  EVALUATIONS_KEY,
  EVALUATIONS_SK,
  KEY_SK,
  keyKey,
  REQUEST_SK,
  requestKey,
} from './keys.ts';
import { KINDS, type Kind } from './kinds.ts';

/** All kinds that are edited. Apart from those that a call reads, which has no use for the last four. */

export const ALERTS: Kind<AlertsEntry> = {
  name: 'alerts',
  parse: parseAlerts,
  document: alertsDocument,
  keyOf: () => ALERTS_KEY,
  sk: { equals: ALERTS_SK },
};

/** How models are evaluated; what came of it is the models'. */
export const EVALUATIONS: Kind<TemplatesEntry> = {
  name: 'evaluations',
  parse: parseTemplates,
  document: templatesDocument,
  keyOf: () => EVALUATIONS_KEY,
  sk: { equals: EVALUATIONS_SK },
};

/** No file holds it: what is secret of it is nowhere but with who has it. */
export const KEY: Kind<KeyEntry> = {
  name: 'key',
  parse: parseKeyEntry,
  document: keyDocument,
  keyOf: ({ id }) => keyKey(id),
  sk: { equals: KEY_SK },
};

/** Nor this: it is somebody's own, and what comes of it is a grant. */
export const REQUEST: Kind<AccessRequest> = {
  name: 'request',
  parse: parseAccessRequest,
  document: accessRequestDocument,
  keyOf: requestKey,
  sk: { equals: REQUEST_SK },
};

/** All that a file may hold, in an order in which none is written before what it refers to. */
export const FILE_KINDS: readonly Kind<unknown>[] = [...KINDS, ...([ALERTS, EVALUATIONS] as Kind<unknown>[])];

export const EVERY_KIND: readonly Kind<unknown>[] = [...FILE_KINDS, ...([KEY, REQUEST] as Kind<unknown>[])];

/** @throws Error for a name that is none: it is a kind of a newer Tollgate */
export function kindNamed(name: string): Kind<unknown> {
  const found = EVERY_KIND.find((kind) => kind.name === name);
  if (found === undefined) throw new Error(`no kind is named ${name}`);
  return found;
}
