import { randomUUID } from 'node:crypto';
import { accountOf, userIdOf } from './authorize.ts';
import { invalid } from './error.ts';
import type { Roles } from './known-roles.ts';
import type { AwsRequest, Plan, Service, WholeReply } from './service.ts';
import type { Caller, Sessions } from './sessions.ts';
import { readAssumeRole } from './sts-request.ts';
import { trustCheck } from './trust.ts';
import { type Elements, queryAnswer, queryError } from './xml.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

export interface StsOptions {
  account: string;
  roles: Roles;
  sessions: Sessions;
  now: () => number;
}

/** The Security Token Service, Query protocol: AssumeRole and GetCallerIdentity. */
export function createSts({ account, roles, sessions, now }: StsOptions): Service {
  return {
    name: 'sts',
    strict: (request) => parameters(request).get('Action') !== 'GetCallerIdentity',
    plan(request) {
      const form = parameters(request);
      switch (form.get('Action')) {
        case 'GetCallerIdentity':
          return { operation: 'GetCallerIdentity', needs: [], serve: identity };
        case 'AssumeRole':
          return assumeRole(form);
        default:
          throw invalid('Could not find operation for this service.', 'InvalidAction');
      }
    },
    fail: (error) => queryError(error, randomUUID(), NAMESPACE),
  };

  function assumeRole(form: URLSearchParams): Plan {
    const wanted = readAssumeRole(form);
    const role = roles.byArn(wanted.roleArn);
    return {
      operation: 'AssumeRole',
      needs: wanted.accesses,
      check: trustCheck(role, wanted),
      serve(caller) {
        if (role === undefined) throw new Error('a role that is not there was trusted');
        const arn = `arn:aws:sts::${role.account ?? account}:assumed-role/${role.name}/${wanted.sessionName}`;
        const session = sessions.issue(
          {
            arn,
            role,
            sessionName: wanted.sessionName,
            sourceIdentity: wanted.sourceIdentity ?? caller.sourceIdentity,
            tags: wanted.tags,
            sessionPolicy: wanted.policy,
            issuedAt: now(),
          },
          now() + wanted.seconds * 1000,
        );
        return answer('AssumeRole', {
          AssumedRoleUser: { AssumedRoleId: `AROA${'LOCAL'.padEnd(16, '0')}:${wanted.sessionName}`, Arn: arn },
          Credentials: {
            AccessKeyId: session.accessKeyId,
            SecretAccessKey: session.secretAccessKey,
            SessionToken: session.sessionToken,
            Expiration: new Date(session.expiresAt).toISOString().replace(/\.\d+Z$/, 'Z'),
          },
          SourceIdentity: session.caller.sourceIdentity ?? undefined,
          SessionTokenUtilization: wanted.packedPercent,
        });
      },
    };
  }
}

function parameters({ body }: AwsRequest): URLSearchParams {
  return new URLSearchParams(body.toString('utf8'));
}

function identity(caller: Caller): WholeReply {
  return answer('GetCallerIdentity', { Arn: caller.arn, UserId: userIdOf(caller), Account: accountOf(caller) });
}

function answer(operation: string, result: Elements): WholeReply {
  return queryAnswer(operation, result, randomUUID(), NAMESPACE);
}
