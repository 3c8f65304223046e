import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Button } from './button.tsx';

/** Where one begins: what is to be filled in, or what it can do. */
const FIRST = ['input', 'select', 'textarea', 'button', 'a[href]']
  .map((name) => `.dialog-body ${name}:not(:disabled)`)
  .concat('.dialog-foot button:not(:disabled)')
  .join(', ');

/** A native modal: the rest of the page is out of reach, Escape closes it, and the focus goes back to where it was. */
export function Dialog({
  title,
  onClose,
  wide = false,
  footer,
  children,
  onSubmit,
}: {
  title: string;
  onClose(): void;
  wide?: boolean;
  /** Its buttons, the one that does it last. */
  footer?: ComponentChildren;
  children: ComponentChildren;
  /** Makes it a form, which Enter sends. */
  onSubmit?: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    // Not the button that closes it, which comes first.
    dialog.current?.querySelector<HTMLElement>(FIRST)?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const inner = (
    <>
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <Button kind="quiet" small icon="close" label="Close" onClick={onClose} />
      </header>
      <div class="dialog-body">{children}</div>
      {footer !== undefined && <footer class="dialog-foot">{footer}</footer>}
    </>
  );
  return (
    <dialog
      ref={dialog}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {onSubmit === undefined ? (
        inner
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          {inner}
        </form>
      )}
    </dialog>
  );
}
