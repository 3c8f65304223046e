import { type ComponentChildren, createContext } from 'preact';
import { useContext, useId } from 'preact/hooks';
import type { ApiProblem } from '../problem.ts';

interface Ids {
  id: string;
  describedBy: string | undefined;
  invalid: boolean;
  required: boolean;
}

const FieldContext = createContext<Ids | undefined>(undefined);

/** A label, the one input in it, what helps to fill it in, and what is wrong with it. */
export function Field({
  label,
  hint,
  error,
  required = false,
  hidden = false,
  children,
}: {
  label: string;
  hint?: ComponentChildren;
  /** Said by the API, or by the page of what it cannot even send. */
  error?: string | undefined;
  required?: boolean;
  /** The label is for screen readers alone. */
  hidden?: boolean;
  children: ComponentChildren;
}) {
  const id = useId();
  const [hintId, errorId] = [`${id}-hint`, `${id}-error`];
  const described = [hint !== undefined && hintId, error !== undefined && errorId].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id} class={hidden ? 'unseen' : 'label'}>
        {label}
        {required && (
          <span class="required" aria-hidden="true">
            {' '}
            *
          </span>
        )}
      </label>
      <FieldContext.Provider
        value={{ id, describedBy: described === '' ? undefined : described, invalid: error !== undefined, required }}
      >
        {children}
      </FieldContext.Provider>
      {hint !== undefined && (
        <p class="hint" id={hintId}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p class="field-error" id={errorId} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** What an input in a Field says of itself. */
export function useField() {
  const field = useContext(FieldContext);
  if (field === undefined) return {};
  return {
    id: field.id,
    'aria-describedby': field.describedBy,
    'aria-invalid': field.invalid ? ('true' as const) : undefined,
    required: field.required,
  };
}

/** @param path where the value stands in the body: `labels.team`. @returns what is wrong there, for `error` of its Field */
export function errorAt(problem: ApiProblem | undefined, path: string): string | undefined {
  const found = problem?.errors.find((one) => one.path === path || one.path.startsWith(`${path}.`));
  return found === undefined ? undefined : (found.detail ?? words(found.reason));
}

/** `not-a-number` as people say it: `Not a number`. */
export function words(reason: string): string {
  const said = reason.replaceAll(/[-_]/g, ' ');
  return said.charAt(0).toUpperCase() + said.slice(1);
}
