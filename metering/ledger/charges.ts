import { counterOf, parseCharged } from '../budgets/charge.ts';
import { counterText } from '../budgets/counter-names.ts';
import { readCsv, writeCsv } from '../csv.ts';
import { formatMoney, type Money } from '../money.ts';
import { addTokens, costOf, noTokens, type Price, type TokenSums } from '../price.ts';
import type { SettledCall } from './calls.ts';
import type { Pass } from './pass.ts';
import { moneyOf, textOf } from './usage-file.ts';

/** By how much a counter of dollars is off: what it counted of an hour's calls, and what they cost in the ledger. */
export interface Correction {
  /** The counter's item in the counters table. */
  pk: string;
  sk: string;
  /** The counter's name in it (counter-names.ts: counterText). */
  counter: string;
  charged: Money;
  cost: Money;
}

interface Sum {
  tenant: string;
  principal: string;
  model: string;
  to: readonly string[];
  charged: Money;
  used: Map<Price, TokenSums>;
}

/**
 * What budgets in dollars counted of an hour's calls when they ended, beside what the ledger says that they cost: a price
 * may have been corrected since. A call without a price stays as it was counted. Bought capacity is no budget's matter:
 * its hour costs the same whoever calls.
 */
export class Charges {
  readonly #sums = new Map<string, Sum>();

  /** @param calls of the pass that ran, with the price that each is billed at */
  take(pass: Pass, calls: Iterable<{ call: SettledCall; price: Price }>): void {
    const known: Sum[] = [];
    for (const { call, price } of calls) {
      const sum = known[call.party] ?? this.#sum(pass, call.party);
      known[call.party] = sum;
      sum.charged += call.charged;
      const tokens = sum.used.get(price) ?? noTokens();
      sum.used.set(price, tokens);
      addTokens(tokens, call.tokens);
    }
  }

  /** Sorted; counters that are right are left out. */
  corrections(): Correction[] {
    const found = new Map<string, Correction>();
    for (const { to, charged, used, ...party } of this.#sums.values()) {
      const cost = [...used].reduce((sum, [price, tokens]) => {
        const part = costOf(tokens, price);
        return part === undefined ? sum : sum + part.input + part.output;
      }, 0n);
      for (const name of to) {
        const parsed = parseCharged(name);
        if (parsed === undefined) continue;
        const { key, name: counter } = counterOf(parsed, party);
        const id = JSON.stringify([key.pk, key.sk, counterText(counter)]);
        const before = found.get(id) ?? { ...key, counter: counterText(counter), charged: 0n, cost: 0n };
        found.set(id, { ...before, charged: before.charged + charged, cost: before.cost + cost });
      }
    }
    return [...found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, correction]) => correction)
      .filter(({ charged, cost }) => charged !== cost);
  }

  #sum(pass: Pass, party: number): Sum {
    const { tenant, principal, model } = pass.party(party);
    const to = pass.chargedTo(party);
    const key = JSON.stringify([tenant, principal, model, to]);
    const found = this.#sums.get(key) ?? { tenant, principal, model, to, charged: 0n, used: new Map() };
    this.#sums.set(key, found);
    return found;
  }
}

const COLUMNS = ['pk', 'sk', 'counter', 'charged_usd', 'cost_usd'] as const;

/** An hour's corrections as an object of the bucket: evidence for people, and what the counters follow. */
export function correctionsCsv(corrections: readonly Correction[]): string {
  const rows = corrections.map(({ pk, sk, counter, charged, cost }) => [
    ...[pk, sk, counter].map((text) => ({ text })),
    ...[charged, cost].map((money) => ({ number: formatMoney(money) })),
  ]);
  return writeCsv(COLUMNS, rows);
}

/** What correctionsCsv wrote. @throws Error naming the column when the text is not of its making */
export function readCorrections(csv: string): Correction[] {
  return readCsv(csv).map((cells) => ({
    pk: textOf(cells, 'pk'),
    sk: textOf(cells, 'sk'),
    counter: textOf(cells, 'counter'),
    charged: moneyOf(cells, 'charged_usd'),
    cost: moneyOf(cells, 'cost_usd'),
  }));
}
