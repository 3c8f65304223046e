import { hasUse, type UsageRow } from '../ledger/row.ts';
import type { Money } from '../money.ts';
import type { CurKind, CurLine } from './cur-line.ts';
import { type Compared, differences, noSums, type Ours, type Pair, plus, type Sums } from './difference.ts';
import type { SummedLine } from './sums.ts';

/** Whose a line of the bill is. */
export type Identity =
  | { is: 'ours'; tenant: string }
  /** Credentials that were handed out: their calls pass the gateway by, so the ledger cannot have them. */
  | { is: 'direct'; tenant: string }
  /** Nobody of ours, or nobody at all. */
  | { is: 'other' };

export interface Names {
  /** @throws nothing: a line whose caller cannot be told is nobody's of ours */
  identify(line: CurLine): Identity;
  /** @returns the registry id, or undefined when nothing says which model it is */
  modelOf(line: CurLine): string | undefined;
}

/** What is on AWS's bill and can be in no ledger of ours. */
export interface Elsewhere {
  /** The tenant that was handed the credentials; '' for callers who are nobody of ours. */
  direct: string;
  /** The caller's ARN; '' when the line names none. */
  principal: string;
  billingName: string;
  kind: CurKind;
  quantity: bigint | null;
  cost: Money;
  lines: number;
}

/** Stands for every model that the bill's names do not tell apart: compared together rather than guessed at. */
export const OTHER_MODELS = '*';

export interface Reconciled {
  compared: Compared[];
  elsewhere: Elsewhere[];
  /** Names on the bill, and the models that they were taken for. */
  mapped: { name: string; model: string }[];
  /** Names on the bill for which nothing says which model it is. */
  unmapped: string[];
  /** Models of the ledger that no name on the bill stands for. */
  unseen: string[];
  /** Cost centres on AWS's lines of a tenant that the ledger has not. */
  costCenters: { tenant: string; costCenter: string }[];
}

/** Gathers both sides, however large, as sums; then compares them. */
export class Reconciliation {
  readonly #aws = new Map<string, Sums & { tenant: string; day: string; name: string; model: string | undefined }>();
  readonly #ours = new Map<string, Ours & { tenant: string; day: string; model: string }>();
  readonly #elsewhere = new Map<string, Elsewhere>();
  readonly #theirCenters = new Map<string, { tenant: string; costCenter: string }>();
  readonly #ourCenters = new Set<string>();

  /** @returns whose it was */
  addBill(line: SummedLine, names: Names): Identity {
    const identity = names.identify(line);
    if (identity.is !== 'ours') {
      this.#addElsewhere(line, identity);
      return identity;
    }
    const { tenant } = identity;
    const { day, billingName: name, kind, quantity, cost, costCenterTag } = line;
    const model = names.modelOf(line);
    const sums = found(this.#aws, JSON.stringify([tenant, day, model ?? null, name]), () => ({
      ...noSums(),
      tenant,
      day,
      name,
      model,
    }));
    sums.usd += cost;
    if (kind !== 'other') {
      if (quantity === null) sums.unknown.add(kind);
      else sums.quantities[kind] += quantity;
    }
    if (costCenterTag !== '')
      this.#theirCenters.set(JSON.stringify([tenant, costCenterTag]), { tenant, costCenter: costCenterTag });
    return identity;
  }

  addLedger(day: string, rows: Iterable<UsageRow>): void {
    for (const { tenant, model, tokens, cost, costCenter, ...row } of rows) {
      this.#ourCenters.add(JSON.stringify([tenant, costCenter]));
      if (!hasUse({ ...row, tokens })) continue;
      const sums = found(this.#ours, JSON.stringify([tenant, day, model]), () => ({
        ...noSums(),
        tenant,
        day,
        model,
        unsettled: 0,
        unpriced: 0,
        estimated: 0,
        estimatedUsd: 0n,
      }));
      sums.quantities.input += tokens.input;
      sums.quantities.output += tokens.output;
      sums.quantities.cache_read += tokens.cacheRead;
      // AWS's bill has one name for what is kept five minutes and for what is kept an hour.
      sums.quantities.cache_write += tokens.cacheWrite + tokens.cacheWrite1h;
      sums.quantities.images += tokens.images;
      if (cost !== null) {
        sums.usd += cost.input + cost.output;
        sums.estimatedUsd += cost.estimated;
      }
      if (row.unpriced > 0) sums.unknown.add('usd');
      sums.unsettled += row.unsettled;
      sums.unpriced += row.unpriced;
      sums.estimated += row.estimated;
    }
  }

  /** @param tolerance percent, of the greater side */
  result(tolerance: number): Reconciled {
    const named = new Set([...this.#aws.values()].map(({ model }) => model));
    const unmapped = new Set<string>();
    const mapped = new Map<string, { name: string; model: string }>();
    const unseen = new Set<string>();
    const pairs = new Map<string, { day: string; tenant: string; model: string; aws?: Sums; ours?: Ours }>();
    const pair = (tenant: string, day: string, model: string) =>
      found(pairs, JSON.stringify([day, tenant, model]), () => ({ day, tenant, model }) as Pair);
    for (const sums of this.#aws.values()) {
      const { name, model } = sums;
      if (model === undefined) unmapped.add(name);
      else mapped.set(JSON.stringify([name, model]), { name, model });
      const both = pair(sums.tenant, sums.day, sums.model ?? OTHER_MODELS);
      both.aws = plus(both.aws ?? noSums(), sums);
    }
    for (const sums of this.#ours.values()) {
      if (!named.has(sums.model)) unseen.add(sums.model);
      const both = pair(sums.tenant, sums.day, named.has(sums.model) ? sums.model : OTHER_MODELS);
      const before = both.ours ?? { ...noSums(), unsettled: 0, unpriced: 0, estimated: 0, estimatedUsd: 0n };
      both.ours = {
        ...plus(before, sums),
        unsettled: before.unsettled + sums.unsettled,
        unpriced: before.unpriced + sums.unpriced,
        estimated: before.estimated + sums.estimated,
        estimatedUsd: before.estimatedUsd + sums.estimatedUsd,
      };
    }
    return {
      compared: sorted(pairs).flatMap((both) => differences(both, tolerance)),
      elsewhere: sorted(this.#elsewhere),
      mapped: sorted(mapped),
      unmapped: [...unmapped].sort(),
      unseen: [...unseen].sort(),
      costCenters: [...this.#theirCenters].filter(([key]) => !this.#ourCenters.has(key)).map(([, center]) => center),
    };
  }

  #addElsewhere({ principal, billingName, kind, quantity, cost, lines }: SummedLine, identity: Identity): void {
    const direct = identity.is === 'direct' ? identity.tenant : '';
    const key = JSON.stringify([direct, principal, billingName, kind]);
    const sum = found(this.#elsewhere, key, () => ({
      direct,
      principal,
      billingName,
      kind,
      quantity: 0n as bigint | null,
      cost: 0n,
      lines: 0,
    }));
    sum.quantity = sum.quantity === null || quantity === null ? null : sum.quantity + quantity;
    sum.cost += cost;
    sum.lines += lines;
  }
}

function found<T>(map: Map<string, T>, key: string, make: () => T): T {
  const there = map.get(key);
  if (there !== undefined) return there;
  const made = make();
  map.set(key, made);
  return made;
}

function sorted<T>(map: Map<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
