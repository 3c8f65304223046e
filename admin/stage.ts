import { TollgateError } from '../contract/errors.ts';
import type { readCatalog } from '../sync/read.ts';

/** The stage around the registry, for what is told of more than its entries. What it opens, it opens when it is first asked for. */
export interface Stage {
  name: string;
  region(): Promise<string>;
  /** What AWS has to be called. Absent where the stage does not look. */
  catalog?: (
    regions: readonly string[],
    entries: Parameters<typeof readCatalog>[0]['entries'],
  ) => ReturnType<typeof readCatalog>;
}

interface Around {
  stage: Stage | undefined;
}

/** @throws TollgateError `not_found` where the API was not told of it */
export function stageOf({ stage }: Around): Stage {
  if (stage !== undefined) return stage;
  throw absent('stage', 'no-stage', 'This API was told of no stage around its registry.');
}

/** There is no such thing around this API. @param field what was asked of it */
export function absent(field: string, reason: string, message: string): TollgateError {
  return new TollgateError('not_found', { field, reason, message });
}
