/** Claude's own body, with four tokens to cache for an hour and two for five minutes. @param id makes it a cache of its own */
export const anthropicCaching = (id: string) => ({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 100,
  system: [
    { type: 'text', text: `four words of ${id}`, cache_control: { type: 'ephemeral', ttl: '1h' } },
    { type: 'text', text: 'two more', cache_control: { type: 'ephemeral' } },
  ],
  messages: [{ role: 'user', content: 'and now' }],
});
