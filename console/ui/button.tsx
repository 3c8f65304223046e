import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';

type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger';

interface Look {
  /** `plain` unless told. One `primary` a screen; `danger` for what cannot be taken back. */
  kind?: ButtonKind;
  small?: boolean;
  icon?: IconName;
  /** Absent: an icon alone, which needs a `label`. */
  children?: ComponentChildren;
  /** What a screen reader says where there are no words, or too few of them. */
  label?: string;
}

type Rest = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'class' | 'icon' | 'label' | 'children' | 'type'>;

/** @param busy what it started goes on: it cannot be pressed again, and says so */
export function Button({
  kind = 'plain',
  small = false,
  icon,
  label,
  busy = false,
  type = 'button',
  children,
  disabled,
  ...rest
}: Look & Rest & { busy?: boolean; type?: 'button' | 'submit' }) {
  return (
    <button
      {...rest}
      type={type}
      class={classOf({ kind, small, children })}
      disabled={busy || disabled === true}
      aria-busy={busy ? 'true' : undefined}
      aria-label={label}
      title={children === undefined ? label : undefined}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon !== undefined && <Icon name={icon} size={16} />}
      {children}
    </button>
  );
}

/** A link that looks like a button. @param download the file’s name, for what is to be saved */
export function LinkButton({
  kind = 'plain',
  small = false,
  icon,
  label,
  href,
  download,
  children,
}: Look & { href: string; download?: string }) {
  return (
    <a class={classOf({ kind, small, children })} href={href} download={download} aria-label={label}>
      {icon !== undefined && <Icon name={icon} size={16} />}
      {children}
    </a>
  );
}

function classOf({ kind, small, children }: Look): string {
  return ['button', kind, small && 'small', children === undefined && 'alone'].filter(Boolean).join(' ');
}
