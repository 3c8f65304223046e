import { useMemo } from 'preact/hooks';
import { type Days, daysOf, RANGES, USUAL_RANGE } from '../days.ts';
import { setQuery } from '../router.ts';
import { Select, TextInput } from './inputs.tsx';

/** The days that the address asks for: `range`, and of other days `from` and `to`. */
export function useDays(query: Readonly<Record<string, string>>): { range: string; days: Days } {
  const { range = USUAL_RANGE, from, to } = query;
  const days = useMemo(
    () => daysOf(range, Date.now(), { ...(from && { from }), ...(to && { to }) }),
    [range, from, to],
  );
  return { range, days };
}

/** Where they are chosen, in a Toolbar. */
export function DayRange({ range, days }: { range: string; days: Days }) {
  const change = (name: 'from' | 'to') => (value: string) => {
    if (value !== '') setQuery({ ...days, [name]: value });
  };
  return (
    <>
      <Select label="Days" options={RANGES} value={range} onChange={(value) => setQuery({ range: value })} />
      {range === 'days' && (
        <>
          <TextInput type="date" aria-label="From" value={days.from} onChange={change('from')} />
          <TextInput type="date" aria-label="To" value={days.to} onChange={change('to')} />
        </>
      )}
    </>
  );
}
