import { SESSION_POLICY_MAX_CHARS } from '../../contract/limits/policies.ts';
import { sharesText } from '../../registry/alias.ts';
import { isOpen, type Review } from '../../review/gather.ts';
import { documentOf } from '../page/document.ts';
import { type Content, type Html, html } from '../page/html.ts';
import { PAGED_SCRIPT, PAGED_STYLE } from '../page/paged.ts';
import { grid, moment } from '../page/table.ts';
import { changedText } from './changes.ts';
import { grants, matrix } from './grants-section.ts';
import { folded, listing, ROWS_MAX } from './listing.ts';
import { policies, roles } from './policies-section.ts';
import { findingRow, verdict } from './text.ts';

/** A review as one page that stands alone: read it anywhere, keep it, print it. */
export function reviewPage(review: Review): string {
  const { stage, at, by, region, roles: documents } = review;
  const body = html`<header>
<h1>Tollgate review</h1>
<p class="soft">Stage <strong>${stage}</strong> in ${region}, read ${moment(at)} UTC by ${by}</p>
</header>
<main>
${verdictBanner(review)}
${facts(review)}
<nav aria-label="Contents"><ol>
${SECTIONS.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}
</ol></nav>
${findings(review)}
<h2 id="matrix">Who may what</h2>
${matrix(review)}
${aliases(review)}
<h2 id="risks">Open risks</h2>
${risks(review)}
<h2 id="changes">Changed since the last review</h2>
${changes(review)}
<h2 id="grants">Every grant</h2>
${grants(review)}
<h2 id="policies">Session policies</h2>
${policies(review)}
<h2 id="roles">Roles</h2>
${roles(review)}
<h2 id="ground">What this rests on</h2>
<ul>
<li>The registry was read once, at ${moment(at)} UTC. Decisions are those of the code that decides calls; session policies are built by the code that builds them for calls, and have at most ${SESSION_POLICY_MAX_CHARS} characters.</li>
<li>Simulated: explicit deny, then role policy and session policy, with their conditions. Not looked at: service control policies, permission boundaries and endpoint policies, which can only refuse more.</li>
<li>The roles’ documents are ${documents.source === 'deployed' ? 'those that IAM holds' : html`<strong>assumed</strong>: those that the template deploys`}.</li>
<li>Credentials that are handed out (direct) also end with the token they were asked for with, which is not shown here.</li>
${review.notes.map((note) => html`<li>${note}</li>`)}
</ul>
</main>`;
  return documentOf({
    title: `Tollgate review: ${stage}, ${at.slice(0, 10)}`,
    body,
    // A page that is short enough to be read as it is runs nothing at all.
    ...(body.toString().includes('<div class="paged">') ? { style: PAGED_STYLE, script: PAGED_SCRIPT } : {}),
  });
}

const SECTIONS = [
  ['matrix', 'Who may what'],
  ['risks', 'Open risks'],
  ['changes', 'Changes'],
  ['grants', 'Grants'],
  ['policies', 'Session policies'],
  ['roles', 'Roles'],
  ['ground', 'What this rests on'],
] as const;

function verdictBanner(review: Review): Html {
  const [sentence = '', ground = ''] = verdict(review).split(' (');
  const mark = isOpen(review) ? 'bad' : 'good';
  return html`<p class="verdict ${mark}">${isOpen(review) ? '✗' : '✓'} ${sentence}<small>${ground.replace(')', '')}</small></p>`;
}

function facts({ snapshot, findings, risks }: Review): Html {
  const shown: [string, Content][] = [
    ['Tenants', snapshot.tenants.length],
    ['Models', snapshot.models.length],
    ['Grants', snapshot.grants.length],
    ['Findings', findings.length],
    ['Open risks', risks.length],
  ];
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function findings(review: Review): Html {
  if (review.findings.length === 0) return html``;
  return html`<h2 id="findings">Findings</h2>
<p>“Reach” is a call that IAM would allow beyond the grant. “Broken” is one that was granted and that IAM would deny.</p>
${grid(
  'What the simulation found',
  ['Kind', 'Where', 'What', 'Why'],
  review.findings.map((finding) => findingRow(finding)),
)}`;
}

function aliases({ snapshot }: Review): Html {
  const rows = snapshot.aliases.flatMap((entry) =>
    entry.aliases.map(({ id, models, by }) => [html`<code>${id}</code>`, sharesText(models), by]),
  );
  if (rows.length === 0) return html``;
  return html`<p>An alias is a name for several models; a tenant is served those of them that it was granted.</p>
${grid('Aliases', ['Alias', 'Models and their shares', 'Shared by'], rows)}`;
}

const LEVELS = { high: 'bad', medium: 'warn', low: 'none' } as const;

/** Longer lists are folded. */
const UNFOLDED = 6;

function risks({ risks }: Review): Html {
  if (risks.length === 0) return html`<p>None.</p>`;
  const long = risks.filter(({ of }) => of.length > ROWS_MAX);
  const rows = long.flatMap(({ level, kind, of }) => of.map((name) => ({ level, kind, name })));
  return html`<p>Allowed as it stands. Somebody should know why.</p>
${grid(
  `${risks.length} kinds of risk, the worst first`,
  ['Level', 'What', 'Of'],
  risks.map(({ level, what, kind, of }) => [
    html`<span class="cell ${LEVELS[level]}">${level}</span>`,
    what,
    of.length > ROWS_MAX ? html`${of.length} of them, below as <code>${kind}</code>` : listed(of),
  ]),
)}
${
  rows.length === 0
    ? ''
    : listing({
        caption: `What those are true of that are true of more than ${ROWS_MAX}`,
        head: ['Risk', 'Tenant or item', 'Model'],
        rows,
        cells: ({ kind, name }) => [kind, ...inTwo(name)],
        texts: ({ kind, name }) => [kind, ...inTwo(name)],
      })
}`;
}

/** A tenant and the rest, so that each name is in the page once. */
function inTwo(name: string): [string, string] {
  const at = name.indexOf(' ');
  return at < 0 ? [name, ''] : [name.slice(0, at), name.slice(at + 1)];
}

function listed(names: readonly string[]): Content {
  const items = names.map((name) => html`<code>${name}</code><br>`);
  return folded(names.length, UNFOLDED, `${names.length} of them`, html`${items}`);
}

function changes({ since, changes, policyChanges }: Review): Html {
  const from =
    since.at === null ? 'There was no earlier one: this is every edit ever made' : html`Since ${moment(since.at)} UTC`;
  const rows = listing({
    caption: 'Edits, the oldest first',
    head: ['Edit', 'At', 'By', 'Change', 'Item', 'What'],
    rows: changes,
    cells: (change) => [
      change.edit ?? '',
      moment(change.at),
      change.by,
      change.change,
      html`<code>${change.item}</code>`,
      changedText(change),
    ],
    texts: (change) => [
      String(change.edit ?? ''),
      change.at.slice(0, 16).replace('T', ' '),
      change.by,
      change.change,
      change.item,
      changedText(change),
    ],
  });
  return html`<p>${from} (${since.why}), from the registry’s audit history.</p>
${changes.length === 0 ? html`<p>Nothing was edited.</p>` : folded(changes.length, 4 * UNFOLDED, `${changes.length} edits`, rows)}
${policyChanges === null ? '' : policyDiff(policyChanges)}`;
}

function policyDiff(changes: NonNullable<Review['policyChanges']>): Html {
  if (changes.length === 0) return html`<p>Every session policy is the same as at the last review, to the byte.</p>`;
  const words = ({ session, change }: (typeof changes)[number]): string[] => [...session.split(' '), change];
  const rows = listing({
    caption: `${changes.length} of them`,
    head: ['Tenant', 'Model', 'For', 'Change'],
    rows: changes,
    cells: words,
    texts: words,
  });
  return html`<h3>Session policies that differ from the last review</h3>
${folded(changes.length, 4 * UNFOLDED, `${changes.length} of them`, rows)}`;
}
