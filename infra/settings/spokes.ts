import * as v from 'valibot';
import { spokeProblem, spokeResource } from '../../contract/spoke-list.ts';
import { bad, type Group, PREFIX, parsed } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** In which other accounts calls may run. */
export interface SpokesSettings {
  /** Roles, or patterns of them, as IAM names them; none: all calls run in the stage's own account. */
  spokes: readonly string[];
}

/** As many as one managed policy has room for. */
const SPOKES_MAX = 50;

export const SPOKES_GROUP: Group<SpokesSettings, StageSettings> = {
  told: {
    spokes: {
      values: 'a list of accounts, or of roles `tollgate-<stage>-spoke-<name>` in them; none (default)',
      makes: 'the right of the invoker role to assume these ([spokes.md](spokes.md))',
      costs: 'nothing; one more AssumeRole a new session, which is free',
      security: 'calls of tenants and places that name such a role run, and are paid for, in its account',
    },
    spoke: {
      values: 'what `infra/spoke.ts` is told ([spokes.md](spokes.md))',
      makes: 'nothing here: in the other account a role, its boundary and, if asked for, a budget',
      costs: 'nothing; AWS Budgets takes nothing for what only tells',
      security: 'that role trusts the one stage, for its tenant',
    },
  },
  read(at, base) {
    const raw = at('spokes');
    // A list on the command line, without brackets.
    const list = typeof raw === 'string' && /^[^[{]+$/.test(raw) && raw !== 'none' ? raw.split(',') : raw;
    const schema = v.pipe(v.array(v.unknown()), v.maxLength(SPOKES_MAX, `must list at most ${SPOKES_MAX}`));
    const given = parsed(schema, () => list, 'spokes') ?? [];
    const spokes = given.map((one, index) => {
      const problem = spokeProblem(one, base);
      if (problem !== undefined) throw bad(`${PREFIX}spokes[${index}]`, problem);
      return spokeResource(one as string, base);
    });
    return { spokes: [...new Set(spokes)] };
  },
};
