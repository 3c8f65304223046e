import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { useLoad, useSettled } from './load.ts';

/** What can be chosen: of names that must be whole those are offered that have the typed text in them. */
export type Suggest = (typed: string, signal: AbortSignal) => Promise<Suggested>;
type Suggested = readonly { id: string; displayName?: string }[];

/**
 * Tells what was typed once it stands still.
 * @param suggest where a whole name is looked for: it is told once it is one of those, or at Enter
 */
export function Search({
  label,
  value,
  onChange,
  placeholder,
  suggest,
}: {
  label: string;
  value: string;
  onChange(value: string): void;
  placeholder?: string;
  suggest?: Suggest;
}) {
  const [typed, setTyped] = useState(value);
  const settled = useSettled(typed);
  const told = useRef(value);
  const id = useId();
  const wanted = settled.trim();
  const offered = useLoad(
    async (signal) => (suggest === undefined || wanted === '' || wanted === value ? [] : suggest(wanted, signal)),
    [wanted],
  );
  const whole = suggest === undefined || wanted === '' || offered.value?.some((one) => one.id === wanted) === true;
  const tell = (text: string) => {
    if (text === value) return;
    told.current = text;
    onChange(text);
  };
  useEffect(() => {
    if (whole) tell(settled);
  }, [settled, whole]);
  useEffect(() => {
    // By a link, or a step back: what is typed meanwhile is not lost to what was told before it.
    if (value !== told.current) setTyped(value);
    told.current = value;
  }, [value]);
  return (
    <div class="search">
      <Icon name="search" size={16} />
      <input
        type="search"
        class="input"
        aria-label={label}
        placeholder={placeholder ?? label}
        autocomplete="off"
        spellcheck={false}
        value={typed}
        list={suggest === undefined ? undefined : id}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          // In a form that is filled in it sends nothing.
          if (suggest === undefined) event.preventDefault();
          tell(event.currentTarget.value);
        }}
      />
      {suggest !== undefined && <Offered id={id} names={offered.value} />}
    </div>
  );
}

/** What an input of this list may be, as far as it is known. @param id by which the input names it */
export function Offered({ id, names = [] }: { id: string; names: Suggested | undefined }) {
  return (
    <datalist id={id}>
      {names.map((one) => (
        <option key={one.id} value={one.id}>
          {one.displayName}
        </option>
      ))}
    </datalist>
  );
}
