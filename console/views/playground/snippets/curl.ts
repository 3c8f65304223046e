import { CHAT_PATH } from '../models.ts';
import { isStreamed, type Shown, type Snippet, TOKEN } from './snippet.ts';

/** What the shell would look at in a text that it is to fill in. */
const escaped = (json: string): string => json.replaceAll(/[\\$`]/g, '\\$&');

export const curl: Snippet = {
  ...{ id: 'curl', label: 'curl', path: CHAT_PATH },
  code(shown: Shown): string {
    const { request, gateway, files } = shown;
    const isStream = isStreamed(shown);
    const json = JSON.stringify({ ...request, ...(isStream && { stream: true }) }, null, 2);
    let [mark, body] = ["'JSON'", json];
    if (files.size > 0) {
      [mark, body] = ['JSON', escaped(json)];
      for (const [url, { name, type }] of files)
        body = body.replaceAll(escaped(url), `data:${type};base64,$(base64 < ${name} | tr -d '\\n')`);
    }
    return `curl -sS${isStream ? 'N' : ''} '${gateway}${CHAT_PATH}' \\
  -H "authorization: Bearer $${TOKEN}" \\
  -H 'content-type: application/json' \\
  -d @- <<${mark}
${body}
JSON
`;
  },
};
