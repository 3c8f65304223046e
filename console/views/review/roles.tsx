import { Badge, Note } from '../../ui/badge.tsx';
import { Card } from '../../ui/page.tsx';
import { Table } from '../../ui/table.tsx';
import { Code, Name } from '../../ui/text.tsx';
import type { Page, Role } from './reviewed.ts';

/** The roles around the sessions: what they say, and who was tried at the invoker role’s door. */
export function Roles({ of, notes }: { of: Page['roles']; notes: readonly string[] }) {
  return (
    <div class="stack">
      <Notes of={notes} />
      <Card flush title="Who may take the invoker role" about="Each was tried with its trust policy.">
        <Table
          caption="Who was tried at its door"
          rows={of.trust}
          rowKey={({ who, how }) => `${who} ${how}`}
          columns={[
            { head: 'Who', cell: ({ who }) => <Name wrap>{who}</Name> },
            { head: 'How', cell: ({ how }) => <Name wrap>{how}</Name> },
            {
              head: 'Result',
              cell: ({ expected, allowed }) => (
                <Badge tone={expected === allowed ? 'good' : 'bad'}>
                  {allowed ? 'allowed' : 'denied'}
                  {expected === allowed ? ', as meant' : ', NOT as meant'}
                </Badge>
              ),
            },
            { head: 'Why', cell: ({ reason }) => <Name wrap>{reason}</Name> },
          ]}
        />
      </Card>
      <RoleCard of={of.invoker} source={of.source} />
      {of.functions.map((role) => (
        <RoleCard key={role.arn} of={role} source={of.source} />
      ))}
    </div>
  );
}

/** A role’s documents, each folded. */
export function RoleCard({ of, source }: { of: Omit<Role, 'name'>; source: string }) {
  const name = of.arn.slice(of.arn.indexOf('/') + 1);
  return (
    <Card title={<Name wrap>{name}</Name>} about={`${of.arn}, ${source}`}>
      <div class="stack">
        <Document title={`Trust policy of ${name}`} of={of.trust} />
        {of.policies.map((policy) => (
          <Document key={policy.name} title={`Policy ${policy.name} of ${name}`} of={policy.document} />
        ))}
      </div>
    </Card>
  );
}

/** What a reader has to know of it. */
export function Notes({ of }: { of: readonly string[] }) {
  if (of.length === 0) return null;
  return (
    <Note>
      {of.map((note) => (
        <div key={note}>{note}</div>
      ))}
    </Note>
  );
}

/** A policy to the letter, folded. */
export function Document({ title, of, open = false }: { title: string; of: unknown; open?: boolean }) {
  return (
    <details class="of" open={open}>
      <summary>{title}</summary>
      <Code label={title}>{JSON.stringify(of, null, 2)}</Code>
    </details>
  );
}
