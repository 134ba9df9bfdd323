import Negotiator from 'negotiator';
import type { WireForm } from '../../delivery/transports/frames.ts';

/** Each with the one parameter that we send ourselves, so that a client may name it too. */
const TYPES: Record<string, WireForm> = {
  'text/event-stream': 'sse',
  'text/event-stream; charset=utf-8': 'sse',
  'application/x-ndjson': 'ndjson',
  'application/x-ndjson; charset=utf-8': 'ndjson',
};

/**
 * The wire form that a client's Accept header asks for: the one with the higher q-value, then the one that is named
 * rather than included in a range, then SSE; undefined if it takes neither.
 */
export function wireForm(accept: string | undefined): WireForm | undefined {
  if (!accept) return 'sse';
  const form = preferred(accept);
  // The library breaks a tie by the order in the header, which means nothing (RFC 9110, 12.5.1): NDJSON has to win in
  // either order.
  return form === 'ndjson' ? preferred(accept.split(',').reverse().join(',')) : form;
}

function preferred(accept: string): WireForm | undefined {
  const [type] = new Negotiator({ headers: { accept } }).mediaTypes(Object.keys(TYPES));
  return type === undefined ? undefined : TYPES[type];
}
