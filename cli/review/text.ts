import { guardrailsOf } from '../../contract/guardrails.ts';
import type { Guardrail, Guardrails, Restrictions } from '../../contract/model.ts';
import type { HopTried } from '../../policies/review-spokes.ts';
import { type AliasesEntry, sharesText } from '../../registry/alias.ts';
import { isoSeconds } from '../../registry/fields.ts';
import { HELD_BY } from '../../registry/restrictions.ts';
import type { Explanation, PolicyShown, SessionShown } from '../../review/explanation.ts';
import { isOpen, type Review, sessionsOf, usedFor } from '../../review/gather.ts';
import { printable, table } from '../print.ts';
import { useCasesText } from '../restrictions.ts';
import { changedText } from './changes.ts';

/** An explanation for a terminal. */
export function explanationText(explanation: Explanation): string {
  const { tenant, model, action, allowed, reason, steps, session } = explanation;
  const chain = table(
    ['', 'question', 'because', 'rests on'],
    steps.map(({ question, yes, because, item, version }) => [
      yes ? 'yes' : 'NO',
      question,
      because,
      item === null ? '' : `${item} v${version}`,
    ]),
  );
  const verdict = allowed ? 'allowed' : `refused (${reason})`;
  return [
    `${printable(tenant)}, ${action} of ${printable(model)}: ${verdict}`,
    chain,
    ...(session === null
      ? ['No session is made: neither STS nor the model hears of such a call.']
      : sessionText(session)),
  ].join('\n\n');
}

function sessionText({ role, tags, elsewhere = [], ...session }: SessionShown): string[] {
  const { restrictions, notes } = session;
  const demanded = demands(restrictions);
  return [
    [
      `session name     ${session.sessionName}`,
      `source identity  ${session.sourceIdentity}`,
      ...(session.principalAssumed
        ? ['                 (of a made-up principal; --principal shows a real one’s)']
        : []),
      ...Object.entries(tags).map(([key, value]) => `tag              ${key} = ${printable(value)}`),
      `lasts            ${session.seconds} s`,
      `grant demands    ${demanded.length === 0 ? 'nothing more' : printable(demanded.join('; '))}`,
    ].join('\n'),
    ...[session, ...elsewhere].flatMap(policyTexts),
    ...role.policies.map(
      ({ name, document }) => `ROLE POLICY ${printable(name)} of ${role.arn}, ${role.source}\n${pretty(document)}`,
    ),
    `TRUST POLICY of ${role.arn}, ${role.source}\n${pretty(role.trust)}`,
    ...[session, ...elsewhere].map(simulatedText),
    ...notes.map((note) => `note: ${printable(note)}`),
  ];
}

/** Of the session that calls; before it, where that is another account's, of the one that makes it. */
function policyTexts({ policy, place, spoke }: PolicyShown): string[] {
  const text = (title: string, { chars, maxChars, hash, document }: PolicyShown['policy']): string =>
    `${title}${where(place)}: ${chars} of ${maxChars} characters, SHA-256 ${hash}\n${pretty(document)}`;
  if (spoke === undefined) return [text('SESSION POLICY', policy)];
  const { role, account, externalId, hop1, documents } = spoke;
  return [
    `RUNS IN ACCOUNT ${account}${where(place)}, in two hops\n${table(
      ['', ''],
      [
        ['hop 1', `the invoker role, under a policy that lets it assume ${role} and nothing else`],
        ['hop 2', `${role}, which is to ask for the external id ${externalId}, under the policy of the one model`],
        ['lasts', 'an hour at most by AWS (role chaining); sessions of both hops are made for less'],
      ],
    )}`,
    text('HOP 1, SESSION POLICY', hop1),
    `HOP 1, SIMULATED${where(place)}: what it opens, and what it forbids\n${hopTable(hop1.tried)}`,
    text('HOP 2, SESSION POLICY', policy),
    ...documents.policies.map(
      ({ name, document }) =>
        `HOP 2, ROLE POLICY AND BOUNDARY ${printable(name)} of ${role}, ${documents.source}\n${pretty(document)}`,
    ),
    `HOP 2, TRUST POLICY of ${role}, ${documents.source}\n${pretty(documents.trust)}`,
  ];
}

function hopTable(tried: readonly HopTried[]): string {
  return table(
    ['what', 'ways', 'result', '', 'why'],
    tried.map(({ what, ways, expected, allowed, reason }) => [
      what,
      String(ways),
      allowed ? 'allowed' : 'denied',
      expected === allowed ? 'ok' : 'NOT AS MEANT',
      reason,
    ]),
  );
}

function simulatedText({ simulated, place }: PolicyShown): string {
  const rows = simulated.map(({ model, action, way, expected, allowed, reason, resource }) => [
    model,
    action,
    way,
    allowed ? 'allowed' : 'denied',
    expected === allowed ? 'ok' : 'NOT AS GRANTED',
    reason,
    resource,
  ]);
  const columns = ['model', 'action', 'way', 'result', '', 'why', 'resource'];
  return `SIMULATED${where(place)}: role policy and session policy, as IAM decides\n${table(columns, rows)}`;
}

function where(place: string | undefined): string {
  return place === undefined ? '' : ` at ${printable(place)}`;
}

function pretty(document: unknown): string {
  return JSON.stringify(document, null, 2);
}

/** A review for a terminal. */
export function reviewText(review: Review): string {
  const { snapshot, reviewed, findings, holdings, since, changes, policyChanges } = review;
  const sessions = sessionsOf(reviewed);
  return [
    verdict(review),
    findings.length === 0 ? '' : `FINDINGS\n${table(['kind', 'where', 'reaches', 'why'], findings.map(findingRow))}`,
    `WHO MAY WHAT: ${snapshot.tenants.length} tenants, ${snapshot.models.length} models, ${snapshot.grants.length} grants\n${table(
      ['tenant', 'model', 'invoke', 'stream', 'count', 'grant demands', 'session policies'],
      holdings.map(({ tenant, entry, decisions }) => [
        tenant,
        entry.id,
        word(decisions.invoke),
        word(decisions.stream),
        word(decisions.count),
        demands(entry).join('; '),
        sessions(tenant, entry.id)
          .map(({ policy, refused, ...session }) => `${usedFor(session)} ${policy?.slice(0, 8) ?? refused}`)
          .join(', '),
      ]),
    )}`,
    ...review.spokes.map(
      ({ tenant, role, externalId, models, hop, tried }) =>
        `OTHER ACCOUNT: ${tenant}'s calls of ${models.join(', ')} run under ${role}, which is to ask for ${externalId}\nhop 1 ${hop.hash.slice(0, 8)}, hop 2 as above\n${hopTable(tried)}`,
    ),
    snapshot.aliases.every(({ aliases }) => aliases.length === 0)
      ? ''
      : `ALIASES, of which a tenant is served what it was granted\n${table(['alias', 'models', 'shared by'], snapshot.aliases.flatMap(aliasRows))}`,
    snapshot.clients.length === 0
      ? ''
      : `CLIENTS whose tokens are a tenant's\n${table(
          ['tenant', 'client', 'issuer'],
          snapshot.clients.map(({ tenant, client, issuer }) => [tenant, printable(client), printable(issuer)]),
        )}`,
    `OPEN RISKS\n${table(
      ['level', 'what', 'of'],
      review.risks.map(({ level, what, of }) => [level, what, shortened(of)]),
    )}`,
    `CHANGED since ${since.at ?? 'the beginning'} (${since.why}): ${changes.length} edits${
      policyChanges === null ? '' : `, ${policyChanges.length} session policies`
    }\n${table(
      ['at', 'by', 'change', 'item', 'what'],
      changes.map((change) => [change.at, change.by, change.change, change.item, changedText(change)]),
    )}`,
    ...review.notes.map((note) => `note: ${printable(note)}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The one sentence that the review is for. */
export function verdict(review: Review): string {
  const { reviewed, findings } = review;
  const questions = reviewed.policies.reduce((sum, policy) => sum + policy.questions, 0);
  const ground = [
    counted(reviewed.sessions.length, 'session', 'sessions'),
    counted(reviewed.policies.length, 'session policy', 'session policies'),
    counted(questions, 'simulated call', 'simulated calls'),
  ].join(', ');
  const broken = findings.filter(({ kind }) => kind === 'broken').length;
  const also = broken === 0 ? '' : `; ${counted(broken, 'granted call', 'granted calls')} would be denied`;
  return isOpen(review)
    ? `A TENANT COULD REACH A MODEL WITHOUT A GRANT: ${counted(findings.length - broken, 'finding', 'findings')} (${ground})${also}`
    : `No tenant can reach a model without a grant (${ground})${also}`;
}

export function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}

function aliasRows({ aliases }: AliasesEntry): string[][] {
  return aliases.map(({ id, models, by }) => [id, sharesText(models), by]);
}

/** What a grant demands beyond its actions, and who holds each of it up; members of a newer grant as they are. */
export function demands(entry: object): string[] {
  const { id, target, places, spokeRole, role, routing, actions, lifecycle, aliases, ...rest } = entry as Record<
    string,
    unknown
  >;
  return Object.entries(rest).map(([name, value]) => {
    if (name === 'direct') return 'direct (with such credentials: IAM alone; no budget, no usage record)';
    if (name === 'trace') return 'trace (shows guardrails of the account by ARN)';
    if (name === 'guardedBy') return `the guardrail is the ${value === 'stage' ? 'stage’s' : 'tenant’s'}`;
    const held = Object.hasOwn(HELD_BY, name) ? ` (${HELD_BY[name as keyof Restrictions].by})` : '';
    return `${phrase(name, value)}${held}`;
  });
}

function phrase(name: string, value: unknown): string {
  if (name === 'expiresAt' && typeof value === 'number') return `until ${isoSeconds(value)}`;
  if (name === 'guardrail')
    return `guardrail ${guardrailsOf(value as Guardrails)
      .map(guardrailPhrase)
      .join(', ')}`;
  if (name === 'useCases') return `use cases ${useCasesText(value as NonNullable<Restrictions['useCases']>)}`;
  if (Array.isArray(value)) return `${name} ${value.join(', ')}`;
  return `${name} ${String(value)}`;
}

function guardrailPhrase({ arn, version, mode }: Guardrail): string {
  return `${arn} version ${version}${mode === undefined ? '' : ' async'}`;
}

export function findingRow({
  kind,
  tenant,
  model,
  use,
  useCase,
  place,
  role,
  reached,
  action,
  resource,
  reason,
}: Review['findings'][0]): string[] {
  const where = tenant === null ? `role ${role}` : `${tenant} ${model} ${usedFor({ use, useCase, place })}`;
  return [kind, where, [reached, action, resource].filter(Boolean).join(' '), reason];
}

function word({ allowed, reason }: { allowed: boolean; reason: string }): string {
  if (allowed) return reason === 'granted' ? 'yes' : `yes (${reason})`;
  return reason === 'action-not-granted' || reason === 'action-not-available' ? 'no' : `no (${reason})`;
}

const SHOWN = 8;

function shortened(list: readonly string[]): string {
  const rest = list.length - SHOWN;
  return list.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
