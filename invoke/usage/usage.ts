import { NO_TOKENS, type Tier, type Tokens } from '../../contract/usage.ts';
import type { Used } from '../call.ts';
import type { Searches } from './searches.ts';
import type { Stopped } from './stop.ts';

/** What one attempt at a call has cost. */
export interface Usage extends Stopped {
  tokens: Tokens;
  /** True when the provider did not say, or not all of it, and `tokens` holds our estimate. */
  estimated: boolean;
  /** How the call was sold, where its answer or its target says so. */
  tier?: Tier;
  /** What AWS calls the model that answered, where a prompt router chose it and the answer says which. */
  answeredBy?: string;
  /** Registry id of the model whose prices that is, if its entry says. */
  priceModel?: string;
}

export const NO_USAGE: Usage = Object.freeze({ tokens: NO_TOKENS, estimated: false });

/** Of what is sold by the call. */
export const CALLED: Usage = Object.freeze({ tokens: { ...NO_TOKENS, calls: 1 }, estimated: false });

/** The same where it had a model answer, and nobody says what that used. */
export const ANSWERED: Usage = Object.freeze({ ...CALLED, estimated: true });

/** Of what runs out of sight: nobody says what it uses, so that nothing is counted is an estimate. */
export const UNTOLD: Usage = Object.freeze({ tokens: NO_TOKENS, estimated: true });

/** Of what is sold by the search. */
export function searched({ least, likely, most }: Searches): Used {
  const of = (searches: number): Tokens => ({ ...NO_TOKENS, searches });
  return { tokens: of(likely), estimated: least < most, most: of(most) };
}
