import { createPages, type PageAnswer, type PageRequest } from '../pages/serve.ts';
import { STAGE } from './aws/roles.ts';
import { CONSOLE_CLIENT } from './clients.ts';

/** The console of this machine, whose people sign in at its own provider. Nothing of it is built or loaded before it is asked for. */
export function localConsole(issuer: string): (asked: PageRequest) => Promise<PageAnswer> {
  let files: ReturnType<typeof import('../pages/build.ts').lazyConsole> | undefined;
  return createPages({
    settings: { issuer, clientId: CONSOLE_CLIENT },
    admin: true,
    stage: STAGE,
    async files() {
      files ??= (await import('../pages/build.ts')).lazyConsole();
      return files();
    },
  });
}
