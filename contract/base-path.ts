/**
 * What a custom domain puts before every path of the gateway: `https://models.example.com/ai/v1/models`. API Gateway takes
 * other characters too, which clients and proxies encode in more ways than one; it keeps `ping` and `sping` for itself
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html).
 */
export const BASE_PATH = /^(?!s?ping$)[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/**
 * @param base as `/ai`, or '' for none
 * @param path as it was written: nothing of it is decoded, so what is encoded in another way is not below
 * @returns the gateway's own path; one that is not below `base` as it is
 */
export function belowBase(base: string, path: string): string {
  if (path === base) return '/';
  return path.startsWith(`${base}/`) ? path.slice(base.length) : path;
}

/** @returns the headers of an answer with its links below `base`, as the request was; ours are all paths of the gateway */
export function linkedBelow(base: string, headers: Record<string, string>): Record<string, string> {
  const { link } = headers;
  return base === '' || link === undefined ? headers : { ...headers, link: link.replaceAll('</', `<${base}/`) };
}
