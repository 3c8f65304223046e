/** An access token of one of the demo's clients, from the local identity provider. */
export async function tokenOf(issuer: string, client: string): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client,
    client_secret: client.replace(/(-app)?$/, '-secret'),
  });
  const response = await fetch(`${issuer}/token`, { method: 'POST', body });
  const { access_token } = (await response.json()) as { access_token?: string };
  if (access_token === undefined) throw new Error(`no token for ${client}`);
  return access_token;
}
