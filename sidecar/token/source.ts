import { FILE_POLL_MS } from '../../contract/limits/tokens.ts';
import type { ClientAuth } from './client-auth.ts';
import type { Fetch } from './fetch.ts';
import type { Issuer } from './issuer.ts';
import type { ClientSettings, TokenSettings } from './settings.ts';
import type { Time } from './time.ts';
import type { TokenSource } from './token.ts';

export interface SourceOptions {
  fetch: Fetch;
  time: Time;
  /** Writes to a person at the terminal. */
  tell(text: string): void;
}

/** Milliseconds between two looks at what others renew; undefined: the token's life says when. */
export function pollMsOf({ kind }: TokenSettings): number | undefined {
  return kind === 'file' ? FILE_POLL_MS : undefined;
}

/** The one source that is set; its code, and what that needs, is loaded with the first question. */
export function createSource(settings: TokenSettings, options: SourceOptions): TokenSource {
  let source: Promise<TokenSource> | undefined;
  return async (signal) => {
    source ??= load(settings, options);
    return (await source)(signal);
  };
}

async function load(settings: TokenSettings, { fetch, time, tell }: SourceOptions): Promise<TokenSource> {
  switch (settings.kind) {
    case 'file': {
      const [{ textOf }, { tokenIn }] = await Promise.all([import('./text.ts'), import('./life.ts')]);
      return async () => tokenIn(await textOf(settings.path), time.now());
    }
    case 'command': {
      const [{ printed }, { tokenIn }] = await Promise.all([import('./command.ts'), import('./life.ts')]);
      return async (signal) => {
        const askedAt = time.now();
        return tokenIn(await printed(settings.words, signal), askedAt);
      };
    }
    case 'github-actions':
      return (await import('./github.ts')).fromGithub(settings.job, settings.audience, fetch, time);
    case 'aws':
      return (await import('./aws.ts')).fromAws(settings.audience, { ...settings, fetch, time });
    case 'client-credentials': {
      const issuer = await issuerOf(settings.client, fetch, time);
      return (signal) => issuer.grant('client_credentials', settings.wanted, signal);
    }
    case 'token-exchange': {
      const { client, subject, wanted } = settings;
      const [issuer, { textOf }] = await Promise.all([issuerOf(client, fetch, time), import('./text.ts')]);
      return async (signal) => {
        const subject_token = await textOf(subject.path);
        const parameters = { ...wanted, subject_token, subject_token_type: subject.type };
        return issuer.grant('urn:ietf:params:oauth:grant-type:token-exchange', parameters, signal);
      };
    }
    case 'device': {
      const issuer = await issuerOf(settings.client, fetch, time);
      return (await import('./device.ts')).fromDevice(issuer, settings.wanted, time, tell);
    }
  }
}

async function issuerOf({ auth: given, ...client }: ClientSettings, fetch: Fetch, time: Time): Promise<Issuer> {
  const [{ createIssuer }, ways] = await Promise.all([import('./issuer.ts'), import('./client-auth.ts')]);
  const auth = async (): Promise<ClientAuth> => {
    switch (given.by) {
      case 'secret-file':
        return ways.bySecretFile(given.path);
      case 'secret-arn':
        return ways.bySecret((await import('./aws.ts')).awsSecret(given.arn, { ...given, fetch, time }));
      case 'key-file':
        return ways.byKey(given.path);
      case 'assertion-file':
        return ways.byAssertion(given.path);
      case 'none':
        return ways.publicClient;
    }
  };
  return createIssuer({ ...client, auth: await auth(), fetch, time });
}
