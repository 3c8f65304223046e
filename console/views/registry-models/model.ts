/** A model’s entry, as far as the page reads it. */
export interface Model {
  id: string;
  displayName?: string;
  target?: Target;
  targets?: readonly Place[];
  lifecycle: { status: Status; deprecatedAt?: string; sunsetAt?: string; successor?: string };
  prices: readonly Price[];
  fallbacks?: readonly string[];
  dialects?: readonly string[];
  container?: string;
  capabilities?: { input?: readonly string[]; output?: readonly string[]; streaming?: boolean };
  limits?: Readonly<Record<string, unknown>>;
  provenance?: Readonly<Record<string, unknown>>;
  version: number;
  updatedAt: string;
  updatedBy: string;
}

export type Status = 'draft' | 'active' | 'deprecated' | 'retired';

export interface Target {
  kind: string;
  region: string;
  arn: string;
  modelId?: string;
  endpointName?: string;
}

export interface Place {
  target: Target;
  group?: string;
  weight?: number;
  drained?: boolean;
}

export interface Price {
  version: string;
  from: string;
  region?: string;
  tier?: string;
  usdPerMillion?: Readonly<Record<string, string>>;
  usdPerImage?: string;
  usdPerSearch?: string;
  usdPerCall?: string;
  usdPerHour?: string;
  source?: string;
}

export const STATUSES: readonly Status[] = ['active', 'deprecated', 'retired', 'draft'];

/** Where it runs: of one target, or of several. */
export function placesOf({ target, targets }: Pick<Model, 'target' | 'targets'>): readonly Place[] {
  return targets ?? (target === undefined ? [] : [{ target }]);
}

/** What AWS calls it. */
export function nameOf({ modelId, endpointName, arn }: Target): string {
  return modelId ?? endpointName ?? arn;
}

/** The price that holds now, where it says no region and no tier; undefined: there is none. @param now milliseconds since 1970 */
export function priceNow({ prices }: Pick<Model, 'prices'>, now = Date.now()): Price | undefined {
  const begun = prices.filter(({ from, tier }) => Date.parse(from) <= now && tier === undefined);
  return begun.findLast(({ region }) => region === undefined) ?? begun.at(-1);
}
