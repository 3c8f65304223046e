import { useId } from 'preact/hooks';
import { useField } from './field.tsx';

/** What either kind of text takes beside its value. */
interface Text {
  value: string;
  onChange(value: string): void;
  /** For ids and numbers. */
  mono?: boolean;
  placeholder?: string;
  disabled?: boolean;
  readOnly?: boolean;
  maxLength?: number;
  /** Where it stands in no Field. */
  'aria-label'?: string;
  onKeyDown?(event: KeyboardEvent): void;
  onBlur?(): void;
  onPaste?(event: ClipboardEvent): void;
}

/** One line. In a Field, or with an `aria-label`. */
export function TextInput({
  value,
  onChange,
  type = 'text',
  mono = false,
  ...rest
}: Text & {
  type?: 'text' | 'number' | 'search' | 'date' | 'datetime-local' | 'url';
  min?: number | string;
  max?: number | string;
  step?: number | 'any';
  /** Id of a `<datalist>`. */
  list?: string;
}) {
  return (
    <input
      autocomplete="off"
      spellcheck={!mono}
      {...useField()}
      {...(rest as object)}
      // Preact’s types of an input are one for each of its kinds.
      type={type as 'text'}
      class={mono ? 'input mono' : 'input'}
      value={value}
      onInput={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}

export function TextArea({ value, onChange, mono = false, ...rest }: Text & { rows?: number }) {
  return (
    <textarea
      rows={4}
      spellcheck={!mono}
      {...useField()}
      {...rest}
      class={mono ? 'input area mono' : 'input area'}
      value={value}
      onInput={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}

export interface Option {
  value: string;
  label: string;
  disabled?: boolean;
}

/** A native one: it is the keyboard’s, the screen reader’s and the phone’s own. */
export function Select({
  value,
  onChange,
  options,
  label,
  disabled = false,
}: {
  value: string;
  onChange(value: string): void;
  options: readonly Option[];
  /** Where it stands in no Field. */
  label?: string;
  disabled?: boolean;
}) {
  const { required: _, ...field } = useField();
  return (
    <select
      {...field}
      aria-label={label}
      class="input select"
      disabled={disabled}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value} disabled={option.disabled}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

/** @param hidden its label is for a screen reader alone */
export function Checkbox({
  checked,
  onChange,
  label,
  hint,
  disabled = false,
  hidden = false,
}: {
  checked: boolean;
  onChange(checked: boolean): void;
  label: string;
  hint?: string;
  disabled?: boolean;
  /** The label is for screen readers alone. */
  hidden?: boolean;
}) {
  const id = useId();
  return (
    <div class="checkbox">
      <input
        type="checkbox"
        id={id}
        checked={checked}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      <label for={id} class={hidden ? 'unseen' : ''}>
        {label}
      </label>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
