import { SESSION_POLICY_MAX_CHARS } from '../../contract/limits/policies.ts';
import { sharesText } from '../../registry/alias.ts';
import { documentOf } from '../page/document.ts';
import { type Content, type Html, html } from '../page/html.ts';
import { grid, moment } from '../page/table.ts';
import { changedValues } from './changes.ts';
import { isOpen, type Review } from './gather.ts';
import { grants, matrix } from './grants-section.ts';
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
  return documentOf({ title: `Tollgate review: ${stage}, ${at.slice(0, 10)}`, body });
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
  return html`<p>Allowed as it stands. Somebody should know why.</p>
${grid(
  `${risks.length} kinds of risk, the worst first`,
  ['Level', 'What', 'Of'],
  risks.map(({ level, what, of }) => [html`<span class="cell ${LEVELS[level]}">${level}</span>`, what, listed(of)]),
)}`;
}

function listed(names: readonly string[]): Content {
  const items = names.map((name) => html`<code>${name}</code><br>`);
  return names.length <= UNFOLDED ? items : html`<details><summary>${names.length} of them</summary>${items}</details>`;
}

function changes({ since, changes, policyChanges }: Review): Html {
  const from =
    since.at === null ? 'There was no earlier one: this is every edit ever made' : html`Since ${moment(since.at)} UTC`;
  const rows = changes.map(({ at, by, change, item, before, after }) => [
    moment(at),
    by,
    change,
    html`<code>${item}</code>`,
    changedValues({ before, after }),
  ]);
  return html`<p>${from} (${since.why}), from the registry’s audit history.</p>
${
  rows.length === 0
    ? html`<p>Nothing was edited.</p>`
    : folded(
        rows.length,
        `${rows.length} edits`,
        grid('Edits, the oldest first', ['At', 'By', 'Change', 'Item', 'What'], rows),
      )
}
${policyChanges === null ? '' : policyDiff(policyChanges)}`;
}

function policyDiff(changes: NonNullable<Review['policyChanges']>): Html {
  if (changes.length === 0) return html`<p>Every session policy is the same as at the last review, to the byte.</p>`;
  const rows = changes.map(({ session, change }) => [...session.split(' '), change]);
  return html`<h3>Session policies that differ from the last review</h3>
${folded(rows.length, `${rows.length} of them`, grid(`${rows.length} of them`, ['Tenant', 'Model', 'For', 'Change'], rows))}`;
}

function folded(count: number, summary: string, content: Html): Html {
  return count <= 4 * UNFOLDED ? content : html`<details><summary>${summary}</summary>${content}</details>`;
}
