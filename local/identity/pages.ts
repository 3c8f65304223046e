import { createHash } from 'node:crypto';
import type { DemoPerson } from '../people.ts';

/** What the provider shows a person. All that is on it is ours: no name on a page comes from a request. */

const STYLE = `
:root { color-scheme: light dark; --ink: #151a1b; --faint: #566263; --line: #dde3e3; --page: #f6f7f7; --card: #fff; --accent: #0a6c68; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7ecec; --faint: #9caaab; --line: #2c3436; --page: #101314; --card: #181c1e; --accent: #55c7bf; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; padding: 1.5rem;
  font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); }
main { width: min(26rem, calc(100vw - 3rem)); }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; letter-spacing: -.01em; }
p { margin: 0 0 1.25rem; color: var(--faint); }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem; }
button { width: 100%; padding: .7rem 1rem; display: grid; text-align: start; font: inherit; color: inherit; cursor: pointer;
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
button:hover { border-color: var(--accent); }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
button span { color: var(--faint); font-size: .875rem; }
.plain { margin-top: 1rem; border-color: transparent; background: none; color: var(--faint); text-align: center; }
`;

const LEAVE = "document.getElementById('op.logoutForm').submit()";

const sha256 = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** A form's answer may lead back to whatever asked for the sign-in, which is on this machine. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; img-src data:; style-src ${sha256(STYLE)}; script-src ${sha256(LEAVE)}; form-action 'self' http://127.0.0.1:* http://localhost:*; base-uri 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`;

/** A button for each person. */
export function choicePage(people: readonly DemoPerson[]): string {
  const buttons = people.map(
    ({ id, name, about, tenant }) =>
      `<li><button name="who" value="${id}"><strong>${name}</strong><span>${about} · tenant ${tenant}</span></button></li>`,
  );
  return page(
    'Who are you?',
    `<p>This is the identity provider of this machine’s demo. Nobody has a password.</p>
<form method="post"><ul>
${buttons.join('\n')}
</ul>
<button class="plain" name="who" value="">Nobody: back</button></form>`,
  );
}

/** @param form the provider's own, which ends the session when it is sent */
export function leavingPage(form: string): string {
  const asked = form.replace(
    '</form>',
    '<input type="hidden" name="logout" value="yes"><button>Sign out</button></form>',
  );
  return page('Signing out', `${asked}<script>${LEAVE}</script>`);
}

/** @param text may hold what a request said */
export function refusedPage(text: string): string {
  const safe = text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
  return page('Sign-in', `<p>${safe}</p>`);
}
