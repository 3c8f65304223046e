import { useEffect, useState } from 'preact/hooks';
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
  useEffect(() => {
    if (settled !== value) onChange(settled);
  }, [settled]);
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
