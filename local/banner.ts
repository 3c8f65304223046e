import type { Local } from './start.ts';

/** Beneath the addresses, as they are. */
function shown(on: Readonly<Record<string, string>>): string {
  return Object.entries(on)
    .map(([name, text]) => `  ${name.padEnd(17)}  ${text}`)
    .join('\n');
}

/** @returns what a ready gateway prints: a token command, two calls to paste, and the line that says it is ready */
export function banner(
  { gateway, issuer, aws }: Pick<Local, 'gateway' | 'issuer' | 'aws'>,
  dataDir: string,
  on: Readonly<Record<string, string>>,
): string {
  return `
Tollgate, on this machine only
  gateway            ${gateway}
  console            ${gateway}/console
  identity provider  ${issuer}
  AWS endpoint       ${aws}
  data               ${dataDir}
${shown(on)}

A token:
  export TOKEN=$(npx tollgate token acme-app)

A call as the AWS SDK for Bedrock makes it:
  curl -s ${gateway}/model/nova-lite/converse -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
    -d '{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}'

A call as the OpenAI SDK makes it:
  curl -s ${gateway}/v1/chat/completions -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
    -d '{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Hello"}]}'

What it cost: npx tollgate meter run && npx tollgate report

ready ${gateway}
`;
}
