/**
 * Of a subscriber:
 * - `behind`: has to read its stream, and waits for its turn or for its socket to drain
 * - `catching-up`: reads its stream in pages
 * - `live`: has everything, and takes what the feed says
 * - `closed`: gone
 */
export type State = 'behind' | 'catching-up' | 'live' | 'closed';
