import type { JsonObject } from '../../read.ts';
import { type Container, containerFormat } from '../../sagemaker/container.ts';
import type { Format } from './format.ts';

/** What runs behind an endpoint of Bedrock Marketplace: its container's own body, each event of it a chunk. */
export function hosted(container: Container, body: JsonObject): Format {
  const format = containerFormat(container, body);
  return {
    read: format.read,
    whole: (answer, endpoint) => format.whole(answer, endpoint, body),
    chunks: (answer, endpoint) =>
      format.events(answer, endpoint, body).flatMap((event) => (event.startsWith('data: {') ? [read(event)] : [])),
  };
}

const read = (event: string): object => JSON.parse(event.slice('data: '.length));
