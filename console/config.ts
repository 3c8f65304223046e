/** What the page is told where it is served: `config.json` beside it. Nothing of it is secret. */
export interface Config {
  /** The OIDC issuer that signs people in. */
  issuer: string;
  clientId: string;
  /** Space-separated; `openid` is asked for anyway. */
  scope?: string;
  /** RFC 8707, for providers that want one. */
  resource?: string;
  /** Whether the gateway has `/admin`. */
  admin: boolean;
  /** What the stage is called, to be shown beside the name. */
  stage?: string;
}

/** Where the page stands, with a slash at its end: `https://gateway.example/console/`. */
export const page = new URL('./', location.href.split(/[?#]/)[0]).href;

/** The gateway’s root, without a slash at its end. */
export const gateway = new URL('../', page).href.replace(/\/$/, '');

/** @throws Error where it is not served */
export async function loadConfig(): Promise<Config> {
  const response = await fetch(`${page}config.json`, { cache: 'no-store' });
  if (!response.ok) throw new Error(`The page has no settings: config.json is ${response.status}.`);
  return response.json();
}
