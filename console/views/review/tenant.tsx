import { api, pathOf } from '../../api.ts';
import { href } from '../../router.ts';
import { Badge } from '../../ui/badge.tsx';
import { useLoad } from '../../ui/load.ts';
import { Card, Page } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Dash, Name, NameLink, Stacked, Time } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import { Findings } from './findings.tsx';
import type { Finding, PolicyChange, Risk } from './reviewed.ts';
import { Risks } from './risks.tsx';
import { Document, Notes } from './roles.tsx';

interface Session {
  model: string;
  use: string;
  for: string;
  place?: string;
  useCase?: string;
  decided: { allowed: boolean; reason: string };
  /** Hash; null: none can be built, and why. */
  policy: string | null;
  refused?: string;
}

interface Policy {
  hash: string;
  chars: number;
  questions: number;
  allows: readonly { model: string; action: string; way: string }[];
  document: object;
}

interface Reviewed {
  at: string;
  closed: boolean;
  findings: readonly Finding[];
  risks: readonly Risk[];
  sessions: readonly Session[];
  policies: readonly Policy[];
  policyChanges: readonly PolicyChange[] | null;
  notes: readonly string[];
}

/** One tenant: every session that it can get, under which policy. @param back whether there is a review of more than it */
export function TenantReview({ tenant, back }: { tenant: string; back: boolean }) {
  const path = `/admin/review${pathOf(tenant)}`;
  const found = useLoad(async (signal) => (await api.get<Reviewed>(path, {}, signal)).body, [path]);
  return (
    <Page
      title={`Review of ${tenant}`}
      heading={<Name wrap>{tenant}</Name>}
      about="What it can call, and the policy under which each of its calls runs."
      {...(back ? { back: { href: '#/review', label: 'Security review' } } : {})}
    >
      <Loaded of={found} label="Reviewing">
        {(review) => (
          <>
            <Card>
              <div class={review.closed ? 'verdict good' : 'verdict bad'}>
                <p class="verdict-said">
                  {review.closed ? 'It can reach no model without a grant' : 'It could reach a model without a grant'}
                </p>
                <p class="muted">
                  {count(review.sessions.length)} sessions under {count(review.policies.length)} policies,{' '}
                  <Time at={review.at} />
                </p>
              </div>
            </Card>
            <Findings of={review.findings} />
            <Sessions tenant={tenant} of={review.sessions} policies={review.policies} />
            {review.risks.length > 0 && (
              <section class="stack">
                <h2>Open risks</h2>
                <Risks of={review.risks} />
              </section>
            )}
            <Notes of={review.notes} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Sessions({ tenant, of, policies }: { tenant: string; of: readonly Session[]; policies: readonly Policy[] }) {
  const byHash = new Map(policies.map((policy) => [policy.hash, policy]));
  return (
    <Card flush title="Sessions" about="Each call runs under a session policy that names the one thing being called.">
      {of.length === 0 ? (
        <Empty title="It can get no session: nothing is granted to it" />
      ) : (
        <Table
          caption="Sessions that it can get"
          rows={of}
          rowKey={(one) => `${one.model} ${one.for}`}
          columns={[
            {
              head: 'Session',
              sort: ({ model }) => model,
              cell: (one) => (
                <Stacked under={<Name>{one.for}</Name>}>
                  <NameLink
                    href={href(['review', tenant, one.model], { action: one.use === 'direct' ? undefined : one.use })}
                  >
                    {one.model}
                  </NameLink>
                </Stacked>
              ),
            },
            {
              head: 'Today',
              cell: ({ decided }) => (
                <Badge tone={decided.allowed ? 'good' : 'neutral'}>
                  {decided.allowed && decided.reason === 'granted' ? 'allowed' : decided.reason.replaceAll('-', ' ')}
                </Badge>
              ),
            },
            {
              head: 'Its policy allows',
              cell: ({ policy }) => <Allows of={policy === null ? undefined : byHash.get(policy)} />,
            },
            {
              head: 'Policy',
              cell: ({ policy, refused, model, for: use }) => {
                const found = policy === null ? undefined : byHash.get(policy);
                if (found === undefined) return <span class="muted">none: {refused ?? 'not built'}</span>;
                return (
                  <Document
                    title={`${found.hash.slice(0, 8)}, ${found.chars} characters: ${use} of ${model}`}
                    of={found.document}
                  />
                );
              },
            },
          ]}
        />
      )}
    </Card>
  );
}

function Allows({ of }: { of: Policy | undefined }) {
  if (of === undefined) return <Dash />;
  const said = [...new Set(of.allows.map(({ model, action }) => `${action} of ${model}`))];
  return (
    <Stacked under={`out of ${count(of.questions)} tried`}>
      <Name>{said.length === 0 ? 'nothing' : said.join(', ')}</Name>
    </Stacked>
  );
}
