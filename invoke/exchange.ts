import type { CallerContext } from '../contract/context.ts';
import type { TollgateError } from '../contract/errors.ts';
import type { Run } from './call.ts';
import type { HandedOut } from './direct.ts';
import type { EntriesOf } from './entries.ts';

/** One request of one authorised caller, and what a surface may do with it. */
export interface Exchange {
  request: Request;
  caller: CallerContext;
  requestId: string;
  /** Seconds since 1970 when the request arrived. */
  nowSeconds: number;
  run: Run;
  entries: EntriesOf;
  /** Credentials for the caller itself. @param wanted the model as the caller wrote it */
  direct(wanted: string): Promise<HandedOut>;
  waitUntil(promise: Promise<unknown>): void;
  /** A stream that had begun could not be ended well. */
  broke(error: TollgateError): void;
}
