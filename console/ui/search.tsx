import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { useSettled } from './load.ts';

/** Tells what was typed once it stands still. */
export function Search({
  label,
  value,
  onChange,
  placeholder,
}: {
  label: string;
  value: string;
  onChange(value: string): void;
  placeholder?: string;
}) {
  const [typed, setTyped] = useState(value);
  const settled = useSettled(typed);
  const told = useRef(value);
  useEffect(() => {
    if (settled === value) return;
    told.current = settled;
    onChange(settled);
  }, [settled]);
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
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
      />
    </div>
  );
}
