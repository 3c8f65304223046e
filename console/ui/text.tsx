import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from './button.tsx';
import { amount, count, instant, moment, since } from './words.ts';

/**
 * Whatever somebody called something: of any script and length. It is cut at its cell’s end, with the whole in its title, or wrapped.
 */
export function Name({ children, wrap = false, mono = false }: { children: string; wrap?: boolean; mono?: boolean }) {
  const look = ['name', wrap && 'wrap', mono && 'mono'].filter(Boolean).join(' ');
  return (
    <bdi class={look} title={children}>
      {children}
    </bdi>
  );
}

/** The way to what is called so. */
export function NameLink({ href, children }: { href: string; children: string }) {
  return (
    <a href={href}>
      <Name>{children}</Name>
    </a>
  );
}

/** @param at ISO 8601, or milliseconds since 1970; absent: a dash, or `never`. @param ago how long ago, or until when */
export function Time({
  at,
  ago = false,
  never = '–',
}: {
  at: string | number | undefined;
  ago?: boolean;
  never?: string;
}) {
  const date = at === undefined ? undefined : instant(at);
  if (date === undefined) return <span class="muted">{never}</span>;
  return (
    <time dateTime={date.toISOString()} title={ago ? moment(date) : date.toISOString()}>
      {ago ? since(date) : moment(date)}
    </time>
  );
}

/** @param usd exact, as the API says it; null: there is no price for it */
export function Money({ usd }: { usd: string | number | null | undefined }) {
  if (usd === null) return <span class="muted">unpriced</span>;
  if (usd === undefined) return <Dash />;
  return (
    <span class="number" title={`${usd} USD`}>
      {amount(usd)}
    </span>
  );
}

/** @param of absent: a dash. @param unit what is counted */
export function Count({ of, unit }: { of: number | string | undefined; unit?: string }) {
  if (of === undefined) return <Dash />;
  return (
    <span class="number" title={`${of}`}>
      {count(of)}
      {unit !== undefined && <span class="unit"> {unit}</span>}
    </span>
  );
}

/** What is to be copied as it stands: a command, a key, a document. @param label what it is, for a screen reader */
export function Code({ children, label }: { children: string; label: string }) {
  return (
    <div class="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section class="code-scroll" tabIndex={0} aria-label={label}>
        <pre>
          <code>{children}</code>
        </pre>
      </section>
      <CopyButton text={children} />
    </div>
  );
}

/** Copies the text, and says for a moment that it did. */
export function CopyButton({ text, children }: { text: string; children?: ComponentChildren }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <Button small kind="quiet" icon={copied ? 'check' : 'copy'} label={copied ? 'Copied' : 'Copy'} onClick={copy}>
      {children}
    </Button>
  );
}

/** Two lines of one cell: what it is, and in small what is to be known of it. @param under false or absent: there is nothing */
export function Stacked({ children, under }: { children: ComponentChildren; under?: ComponentChildren }) {
  return (
    <span class="stacked">
      {children}
      {under !== undefined && under !== false && <span class="muted">{under}</span>}
    </span>
  );
}

/** There is none of it. */
export function Dash() {
  return <span class="muted">–</span>;
}
