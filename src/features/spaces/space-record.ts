/** What is set up for a space, as `im:spaces` holds it: JSON. */
export interface SpaceRecord {
  /** ms since 1970 */
  createdAt: number;
  /** A paused one answers 503, a `removing` one is about to be gone. */
  state: 'active' | 'paused' | 'removing';
  /** Made here: signs tickets, and user tokens where nothing else does. */
  secret: string;
  /** The server keys that are good, the newest first. Of a key only its hash is kept. */
  serverKeys: { sha256: string; until?: number }[];
  /** Signs user tokens in place of `secret`. */
  jwtSecret?: string;
  /** An outside issuer of user tokens. */
  jwks?: Issuer;
  limits: SpaceLimits;
  /** The partition that has its keys, in a cluster, where that is another one than its name says. */
  partition?: string;
  /** Where its keys are being copied to, while it is moved. */
  arriving?: Stage;
  /** Where keys are still to be freed, since it was moved. */
  leaving?: Stage;
}

/** One end of a move: the partition, and what that move marks keys with, so that what is left of another one harms nothing. */
export interface Stage {
  partition: string;
  mark: string;
  /** Of the end that is left: since when, ms since 1970. */
  since?: number;
}

/** An outside issuer of user tokens: where its keys are, and the `iss` and `aud` of its tokens. */
export interface Issuer {
  url: string;
  issuer: string;
  audience: string;
}

/** What a space may have; absent is any number. */
export interface SpaceLimits {
  users?: number;
  /** Messages a second, on each node. */
  sendsPerSecond?: number;
}

/** How an issuer and an audience are written in `im:issuers`. */
export function issuerName({ issuer, audience }: { issuer: string; audience: string }): string {
  return JSON.stringify([issuer, audience]);
}

export function parseRecord(json: string): SpaceRecord {
  return JSON.parse(json) as SpaceRecord;
}
