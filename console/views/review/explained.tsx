import { useEffect, useState } from 'preact/hooks';
import { api, pathOf } from '../../api.ts';
import { href, setQuery } from '../../router.ts';
import { Badge, Note } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Select, TextInput } from '../../ui/inputs.tsx';
import { useLoad, useSettled } from '../../ui/load.ts';
import { Card, Facts, Page } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Code, Dash, Name } from '../../ui/text.tsx';
import { count } from '../../ui/words.ts';
import type { Role } from './reviewed.ts';
import { Notes, RoleCard } from './roles.tsx';

interface Shown {
  place?: string;
  policy: { chars: number; maxChars: number; hash: string; document: object };
  simulated: readonly {
    model: string;
    action: string;
    way: string;
    expected: boolean;
    allowed: boolean;
    reason: string;
    resource: string;
  }[];
}

interface Session extends Shown {
  elsewhere?: readonly Shown[];
  sessionName: string;
  sourceIdentity: string;
  principalAssumed: boolean;
  tags: Readonly<Record<string, string>>;
  seconds: number;
  restrictions: Readonly<Record<string, unknown>>;
  heldBy: Readonly<Record<string, string>>;
  /** Absent: the stage’s roles are not the reader’s to see. */
  role?: Omit<Role, 'name'> & { source: string };
  notes: readonly string[];
}

interface Explanation {
  allowed: boolean;
  reason: string;
  steps: readonly { question: string; yes: boolean; because: string; item: string | null; version: number | null }[];
  session: Session | null;
}

const ACTIONS = ['invoke', 'stream', 'count', 'guard', 'generate', 'rerank'].map((value) => ({ value, label: value }));

/** Why a call is allowed or refused, and under exactly which policies it would run. */
export function Explained({
  tenant,
  model,
  query,
}: {
  tenant: string;
  model: string;
  query: Readonly<Record<string, string>>;
}) {
  const { action = 'invoke', principal = '', roles = '' } = query;
  const path = `/admin/review${pathOf(tenant, model)}`;
  const found = useLoad(
    async (signal) => (await api.get<Explanation>(path, { action, principal, roles }, signal)).body,
    [path, action, principal, roles],
  );
  return (
    <Page
      title={`${model} for ${tenant}`}
      heading={<Name wrap>{`${model} for ${tenant}`}</Name>}
      about="Each question that a call is asked, the entry that its answer rests on, and the policies that it runs under."
      back={{ href: href(['review', tenant]), label: `Review of ${tenant}` }}
    >
      <Card>
        <div class="fields">
          <Field label="To do what">
            <Select value={action} options={ACTIONS} onChange={(to) => setQuery({ action: to })} />
          </Field>
          <Typed label="Who calls" placeholder="whoever the grant is for" name="principal" value={principal} />
          <Typed label="With the roles" placeholder="those that the grant asks for" name="roles" value={roles} />
        </div>
      </Card>
      <Loaded of={found} label="Explaining">
        {(explanation) => (
          <>
            <Card
              flush
              title={
                explanation.allowed ? 'It is allowed' : `It is refused: ${explanation.reason.replaceAll('-', ' ')}`
              }
            >
              <Table
                caption="What it is asked"
                rows={explanation.steps}
                rowKey={({ question }) => question}
                columns={[
                  { head: 'Question', cell: ({ question }) => <span class="sentence">{question}</span> },
                  {
                    head: 'Answer',
                    cell: ({ yes }) => <Badge tone={yes ? 'good' : 'bad'}>{yes ? 'yes' : 'no'}</Badge>,
                  },
                  { head: 'Because', cell: ({ because }) => <Name wrap>{because}</Name> },
                  {
                    head: 'Rests on',
                    cell: ({ item, version }) =>
                      item === null ? <Dash /> : <Name wrap>{`${item}, version ${version}`}</Name>,
                  },
                ]}
              />
            </Card>
            {explanation.session === null ? (
              <Note>No session is made: neither STS nor the model hears of such a call.</Note>
            ) : (
              <SessionParts of={explanation.session} />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** What is asked for once it stands still. */
function Typed({
  label,
  placeholder,
  name,
  value,
}: {
  label: string;
  placeholder: string;
  name: string;
  value: string;
}) {
  const [typed, setTyped] = useState(value);
  const settled = useSettled(typed);
  useEffect(() => {
    if (settled !== value) setQuery({ [name]: settled });
  }, [settled]);
  return (
    <Field label={label}>
      <TextInput mono value={typed} onChange={setTyped} placeholder={placeholder} />
    </Field>
  );
}

function SessionParts({ of }: { of: Session }) {
  const { restrictions, heldBy, tags, role, notes, elsewhere = [] } = of;
  return (
    <>
      <Card title="The session">
        <Facts
          facts={[
            { name: 'Name', value: <code>{of.sessionName}</code> },
            {
              name: of.principalAssumed ? 'Source identity, of a made-up caller' : 'Source identity',
              value: <code>{of.sourceIdentity}</code>,
            },
            ...Object.entries(tags).map(([name, value]) => ({ name: `Tag ${name}`, value: <Name wrap>{value}</Name> })),
            { name: 'Lasts', value: `${of.seconds} s` },
            ...Object.entries(restrictions).map(([name, value]) => ({
              name: heldBy[name] === undefined ? name : `${name}, held by ${heldBy[name]}`,
              value: <code class="wrap">{typeof value === 'string' ? value : JSON.stringify(value)}</code>,
            })),
          ]}
        />
      </Card>
      {[of, ...elsewhere].map((shown) => (
        <PolicyParts key={shown.place ?? ''} of={shown} />
      ))}
      {role !== undefined && <RoleCard of={role} source={role.source} />}
      <Notes of={notes} />
    </>
  );
}

function PolicyParts({ of: { place, policy, simulated } }: { of: Shown }) {
  const where = place === undefined ? '' : ` at ${place}`;
  const { chars, maxChars, hash, document } = policy;
  const [all, setAll] = useState(false);
  // What opens something, or is not as it was meant, first.
  const told = [...simulated].sort((a, b) => weightOf(b) - weightOf(a));
  const shown = all ? told : told.slice(0, TRIED);
  return (
    <>
      <Card title={`Session policy${where}`} about={`${chars} of ${maxChars} characters, SHA-256 ${hash}`}>
        <Code label={`The policy to the letter${where}`}>{JSON.stringify(document, null, 2)}</Code>
      </Card>
      <Card flush title={`What it allows${where}`} about="Role policy and session policy together, as IAM decides.">
        <Table
          caption={`Every call that was tried${where}`}
          rows={told}
          most={shown.length}
          rowKey={(one) => `${one.model} ${one.action} ${one.way} ${one.resource}`}
          columns={[
            { head: 'Model', sort: ({ model }) => model, cell: ({ model }) => <Name>{model}</Name> },
            { head: 'Action', cell: ({ action }) => action },
            { head: 'How', cell: ({ way }) => way.replaceAll('-', ' ') },
            {
              head: 'Result',
              sort: ({ allowed }) => (allowed ? 0 : 1),
              cell: ({ allowed, expected }) => (
                <Badge tone={allowed !== expected ? 'bad' : allowed ? 'good' : 'neutral'}>
                  {allowed ? 'allowed' : 'denied'}
                  {allowed === expected ? '' : ', NOT as granted'}
                </Badge>
              ),
            },
            { head: 'Why', cell: ({ reason }) => <Name>{reason}</Name> },
            { head: 'On', cell: ({ resource }) => <Name mono>{resource}</Name> },
          ]}
        />
        {shown.length < told.length && (
          <div class="more">
            <Button onClick={() => setAll(true)}>Show all {count(told.length)}</Button>
          </div>
        )}
      </Card>
    </>
  );
}

/** Calls that are shown at once: of a large registry there are thousands. */
const TRIED = 50;

function weightOf({ allowed, expected }: Shown['simulated'][number]): number {
  return allowed === expected ? Number(allowed) : 2;
}
