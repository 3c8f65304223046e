import type { Translation } from '../relay.ts';
import { SSE_SILENT, sseText } from '../sse.ts';
import type { Answer, Emit } from './answer.ts';
import type { ResponseBase } from './response.ts';

/**
 * An answer's events, written as they come.
 *
 * @param told.ended the whole response, before its last event is read
 */
export function translationOf(
  answering: (emit: Emit) => Answer,
  told: { ended(response: ResponseBase): void },
): Translation {
  let written: Uint8Array[] = [];
  const answer = answering((type, json) => written.push(sseText(json, type)));
  const all = (): Uint8Array => {
    const pieces = written;
    written = [];
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  };
  return {
    event(event) {
      answer.event(event);
      return written.length === 0 ? null : all();
    },
    end() {
      told.ended(answer.end());
      return all();
    },
    broken(error) {
      answer.broken(error);
      return all();
    },
    silent: () => SSE_SILENT,
  };
}
