import { type ConsoleSettings, parseConsole } from '../contract/console.ts';
import { STAGE } from '../contract/names.ts';
import { bad, type Environment, json, readAll, required } from '../contract/read-setting.ts';

export interface PagesSettings {
  settings: ConsoleSettings;
  /** Whether the stage serves the registry's API. */
  admin: boolean;
  stage: string;
}

/**
 * What the console's function is told.
 *
 * @param env TOLLGATE_CONSOLE (JSON), TOLLGATE_ADMIN, TOLLGATE_STAGE
 * @throws TollgateError `bad_setting` naming the variable
 */
export function pagesSettings(env: Environment): PagesSettings {
  return readAll<PagesSettings>({
    settings: () => parseConsole(json(env, 'TOLLGATE_CONSOLE'), 'TOLLGATE_CONSOLE'),
    admin: () => env.TOLLGATE_ADMIN === 'true',
    stage: () => {
      const stage = required(env, 'TOLLGATE_STAGE');
      if (STAGE.test(stage)) return stage;
      throw bad('TOLLGATE_STAGE', 'must be the name of a stage');
    },
  });
}
