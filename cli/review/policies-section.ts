import { SESSION_POLICY_MAX_CHARS } from '../../contract/limits/policies.ts';
import type { ReviewedPolicy } from '../../policies/review.ts';
import type { RoleDocuments } from '../../policies/review-roles.ts';
import { type Review, usedFor } from '../../review/gather.ts';
import { type Html, html } from '../page/html.ts';
import { grid } from '../page/table.ts';
import { counted } from './text.ts';

/** Each policy once, however many tenants share it. */
export function policies({ reviewed }: Review): Html {
  const users = Map.groupBy(reviewed.sessions, ({ policy }) => policy);
  return html`<p>STS is given one of these with every session. Each was tried against every model and action of the registry, and one that it does not hold; what is not listed as allowed was denied.</p>
${reviewed.policies.map((policy) =>
  policyDetails(
    policy,
    (users.get(policy.hash) ?? []).map((session) => `${session.tenant} (${usedFor(session)})`),
  ),
)}`;
}

/** Sessions that are named beside their policy. */
const USERS_MAX = 50;

function policyDetails({ hash, text, model, actions, questions, allows }: ReviewedPolicy, users: string[]): Html {
  const open = allows.map(
    (tried) => html`<li>${tried.model}: ${tried.action} (${tried.way.replaceAll('-', ' ')})</li>`,
  );
  return html`<details id="p-${hash.slice(0, 16)}">
<summary><strong>${model}</strong>: ${actions.join(', ')} <code>${hash.slice(0, 8)}</code> <span class="soft">${text.length} of ${SESSION_POLICY_MAX_CHARS} characters, ${counted(users.length, 'session', 'sessions')}</span></summary>
${pretty(JSON.parse(text))}
<p>Allows, of ${questions} ways tried:</p><ul>${open.length === 0 ? html`<li>nothing</li>` : open}</ul>
<p class="soft">Of ${users.slice(0, USERS_MAX).join(', ')}${
    users.length > USERS_MAX
      ? html` and ${users.length - USERS_MAX} more, which are among the grants: search for <code>${hash.slice(0, 8)}</code>`
      : ''
  }. SHA-256 <code>${hash}</code></p>
</details>
`;
}

/** What is around the sessions: who may make one, what it is cut from, and what the functions may do without one. */
export function roles({ roles: { invoker, functions, assumers, source }, rolesReviewed, spokes }: Review): Html {
  return html`<p>Every session is one of <code>${invoker.arn}</code>, which only <code>${assumers.join(' and ')}</code> may assume. Its documents are ${source}.</p>
${roleDetails(invoker)}
${grid(
  'Who can make a session: the trust policy, tried',
  ['Who', 'How', 'Result', 'Why'],
  rolesReviewed.trust.map(({ who, how, expected, allowed, reason }) => [
    html`<code>${who}</code>`,
    how,
    result(expected, allowed),
    reason,
  ]),
)}
<h3>The functions’ own roles</h3>
<p>None of them may call a model: ${rolesReviewed.functions
    .map(({ name, questions }) => `${name} (${questions} calls tried)`)
    .join(', ')}.</p>
<p>None of them may be used by another function than its own, or outside of Lambda: ${rolesReviewed.functions
    .filter(({ boundByTrust }) => !boundByTrust)
    .map(({ name, elsewhere }) => `${name} (${elsewhere.length === 0 ? 'nothing' : elsewhere.join(', ')})`)
    .join(', ')}.</p>
${rolesReviewed.functions
  .filter(({ boundByTrust }) => boundByTrust)
  .map(
    ({ name }) =>
      html`<p><code>${name}</code> is bound by its trust policy alone: who may pass it to a task, or associate it with a pod, of whom that policy names can use it.</p>`,
  )}
${functions.map(roleDetails)}
${
  spokes.length === 0
    ? ''
    : html`<h3>Roles of other accounts</h3>
${spokes.map(spokeDetails)}`
}`;
}

/** Both hops: what each allows, and what the first forbids. */
function spokeDetails({ tenant, role, externalId, models, hop, tried, documents }: Review['spokes'][0]): Html {
  return html`<p>Calls of <strong>${tenant}</strong> to ${models.join(', ')} run under <code>${role}</code>, which is to ask for <code>${externalId}</code>.</p>
${grid(
  `Hop 1 of ${tenant}, tried`,
  ['What', 'Ways', 'Result', 'Why'],
  tried.map(({ what, ways, expected, allowed, reason }) => [what, ways, result(expected, allowed), reason]),
)}
<details><summary>Hop 1 of <strong>${tenant}</strong>: session policy <code>${hop.hash.slice(0, 8)}</code></summary>${pretty(hop.document)}</details>
<p>Hop 2 is under the session policy of the model, above, within these documents (${documents.source}; the first is the boundary, too):</p>
${roleDetails(documents)}`;
}

function result(expected: boolean, allowed: boolean): Html {
  return html`<span class="cell ${expected === allowed ? 'good' : 'bad'}">${expected === allowed ? '✓' : '✗'} ${
    allowed ? 'allowed' : 'denied'
  }</span>`;
}

function roleDetails({ name, trust, policies }: RoleDocuments): Html {
  return html`${policies.map(
    (
      policy,
    ) => html`<details><summary>Role <strong>${name}</strong>: policy ${policy.name}</summary>${pretty(policy.document)}</details>
`,
  )}<details><summary>Role <strong>${name}</strong>: trust policy</summary>${pretty(trust)}</details>`;
}

function pretty(document: unknown): Html {
  return html`<pre tabindex="0">${JSON.stringify(document, null, 2)}</pre>`;
}
