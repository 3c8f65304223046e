import { InvalidArgumentError } from 'commander';
import { TARGETS_MAX_MINUTES, TARGETS_MINUTES } from '../../contract/limits/metering.ts';
import type { TargetState } from '../../metering/run/target-states.ts';
import { listed } from '../answer.ts';
import { flush, openCounters, openStore } from '../store.ts';
import type { Noun } from '../verb.ts';

export function register(noun: Noun): void {
  noun.verb<{ model: string; minutes: number }>('targets', {
    about: 'the places of a model: which cool, what became of their latest calls; writes nothing',
    args: '<model>',
    options: (verb) =>
      verb.option(
        '--minutes <n>',
        'of which calls to tell: those that began so long ago at most',
        minutes,
        TARGETS_MINUTES,
      ),
    run: async ({ model: id, minutes: ago }, { target, registry }) => {
      const where = await target();
      const model = await (await registry()).showModel(id);
      await flush(where);
      const [store, counters, { targetStates }] = await Promise.all([
        openStore(where),
        openCounters(where),
        import('../../metering/run/target-states.ts'),
      ]);
      const now = Date.now();
      const states = await targetStates(model, { store, counters, now, since: now - ago * 60_000 });
      return listed({
        head: HEAD,
        rows: states.map(cellsOf),
        documents: states,
        ids: states.map((state) => state.target),
      });
    },
  });
}

function minutes(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= TARGETS_MAX_MINUTES) return Number(text);
  throw new InvalidArgumentError(`It must be whole minutes from 1 to ${TARGETS_MAX_MINUTES}.`);
}

const HEAD = ['region', 'target', 'group', 'weight', 'state', 'until', 'share', 'attempts', 'errors', 'first byte'];

function cellsOf(one: TargetState): string[] {
  return [
    one.account === undefined ? one.region : `${one.region} ${one.account}`,
    one.target,
    one.group ?? '',
    String(one.weight ?? ''),
    one.state,
    one.coolingUntil ?? '',
    percent(one.share),
    String(one.attempts),
    percent(one.errorRate),
    one.firstByteMs === null ? '' : `${one.firstByteMs} ms`,
  ];
}

function percent(share: number | null): string {
  return share === null ? '' : `${(100 * share).toFixed(1)} %`;
}
