import { readCsv, writeCsv } from '../csv.ts';
import type { UsageRow } from '../ledger/row.ts';
import { addTold, noTold, TOLD_COLUMNS, type ToldSums } from '../ledger/told.ts';
import { type Hour, hourText, parseHour } from '../window.ts';

/** What the answers of one version of a model told, in an hour, of all who called it. */
export interface Answers {
  hour: Hour;
  /** Registry id. */
  model: string;
  /** What AWS calls it: the version that answered. */
  nativeModel: string;
  told: ToldSums;
}

const COLUMNS = ['hour_start', 'model_id', 'native_model', ...TOLD_COLUMNS];

/** A day's, gathered from its hours: days are read in one piece each by who compares them, and their hours are many objects. */
export class DayAnswers {
  readonly #answers = new Map<string, Answers>();

  add(hour: Hour, rows: Iterable<UsageRow>): void {
    for (const { model, nativeModel, told } of rows) {
      if (told.every((sum) => sum === 0n)) continue;
      const key = JSON.stringify([hour, model, nativeModel]);
      const found = this.#answers.get(key) ?? { hour, model, nativeModel, told: noTold() };
      this.#answers.set(key, found);
      addTold(found.told, told);
    }
  }

  csv(): string {
    const sorted = [...this.#answers].sort(([a], [b]) => (a < b ? -1 : 1));
    return writeCsv(
      COLUMNS,
      sorted.map(([, { hour, model, nativeModel, told }]) => [
        { number: hourText(hour) },
        { text: model },
        { text: nativeModel },
        ...told.map((sum) => ({ number: String(sum) })),
      ]),
    );
  }
}

/** What DayAnswers wrote. Of an object from before a column was added, that column is 0. @throws Error when it is not of its making */
export function readAnswers(csv: string): Answers[] {
  return readCsv(csv).map(({ hour_start = '', model_id: model = '', native_model: nativeModel = '', ...cells }) => ({
    hour: parseHour(hour_start),
    model,
    nativeModel,
    told: TOLD_COLUMNS.map((name) => BigInt(cells[name] ?? '0')),
  }));
}
