import type { ComponentChildren } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { Icon } from './icon.tsx';

/** A view: what it is called, what one can do there, and itself. @param back a link to what it is part of */
export function Page({
  title,
  heading,
  about,
  actions,
  back,
  children,
}: {
  title: string;
  /** Shown instead of the title, where that is a name of somebody’s. */
  heading?: ComponentChildren;
  about?: ComponentChildren;
  actions?: ComponentChildren;
  back?: { href: string; label: string };
  children: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${title} · Tollgate`;
  }, [title]);
  return (
    <div class="page">
      <header class="page-head">
        <div class="page-title">
          {back !== undefined && (
            <a class="back" href={back.href}>
              <Icon name="left" size={14} />
              {back.label}
            </a>
          )}
          <h1>{heading ?? title}</h1>
          {about !== undefined && <p class="about">{about}</p>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page, with its heading. @param flush its content reaches its edges, as a table does */
export function Card({
  title,
  about,
  actions,
  flush = false,
  children,
}: {
  title?: ComponentChildren;
  about?: ComponentChildren;
  actions?: ComponentChildren;
  flush?: boolean;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class={flush ? 'card flush' : 'card'} aria-labelledby={title === undefined ? undefined : id}>
      {(title !== undefined || actions !== undefined) && (
        <header class="card-head">
          <div>
            {title !== undefined && <h2 id={id}>{title}</h2>}
            {about !== undefined && <p class="about">{about}</p>}
          </div>
          {actions !== undefined && <div class="actions">{actions}</div>}
        </header>
      )}
      <div class="card-body">{children}</div>
    </section>
  );
}

/** Names and values, of one entry. */
export function Facts({ facts }: { facts: readonly { name: string; value: ComponentChildren }[] }) {
  return (
    <dl class="facts">
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Filters and search above a list. */
export function Toolbar({ children }: { children: ComponentChildren }) {
  return <div class="toolbar">{children}</div>;
}
