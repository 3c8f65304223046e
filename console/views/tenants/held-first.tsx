import { useState } from 'preact/hooks';
import { isFound } from '../../found.ts';
import { Note } from '../../ui/badge.tsx';
import { Checkbox } from '../../ui/inputs.tsx';
import { useLoad } from '../../ui/load.ts';
import { Search } from '../../ui/search.tsx';
import { Loaded } from '../../ui/states.tsx';
import { count } from '../../ui/words.ts';
import { allBundles, allModels } from './all.ts';
import type { Of } from './grant.tsx';

/** Of those that are found; the others are found by the search. */
const SHOWN = 24;

interface Choice {
  label: string;
  of: Of;
  retired: boolean;
}

/** Models and bundles that everyone of a new tenant is to hold, each by its own name. */
export function HeldFirst({ chosen, onChange }: { chosen: readonly Of[]; onChange(chosen: readonly Of[]): void }) {
  const [q, setQ] = useState('');
  const choices = useLoad(async (signal): Promise<Choice[]> => {
    const [models, bundles] = await Promise.all([allModels(signal), allBundles(signal)]);
    return [
      ...models.map(({ id, lifecycle }) => ({
        ...{ label: id, of: { model: id }, retired: lifecycle.status === 'retired' },
      })),
      ...bundles.map(({ id }) => ({ label: `bundle ${id}`, of: { bundle: id }, retired: false })),
    ];
  }, []);
  const names = new Set(chosen.map(nameOf));
  return (
    <fieldset class="choices">
      <legend class="label">Models and bundles for everyone of it</legend>
      <Loaded of={choices}>
        {(all) => {
          if (all.length === 0) return <Note>The registry has no models yet.</Note>;
          const found = all.filter(({ label }) => isFound(q, label));
          const first = new Set(found.slice(0, SHOWN));
          // What is chosen stays in sight, whatever is looked for then.
          const shown = all.filter((one) => first.has(one) || names.has(nameOf(one.of)));
          return (
            <>
              {all.length > SHOWN / 2 && <Search label="Search models and bundles" value={q} onChange={setQ} />}
              {shown.map(({ label, of, retired }) => (
                <Checkbox
                  key={label}
                  label={label}
                  disabled={retired}
                  checked={names.has(nameOf(of))}
                  onChange={(on) => onChange(on ? [...chosen, of] : chosen.filter((one) => nameOf(one) !== nameOf(of)))}
                />
              ))}
              {found.length === 0 && <p class="hint">None is like that.</p>}
              {found.length > SHOWN && <p class="hint">{count(found.length - SHOWN)} more: search for them.</p>}
            </>
          );
        }}
      </Loaded>
    </fieldset>
  );
}

/** No model has a blank in its id. */
function nameOf(of: Of): string {
  return 'model' in of ? of.model : `bundle ${of.bundle}`;
}
