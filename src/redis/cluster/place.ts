/** A server's place in the network. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** By which two places are told apart, and named in messages. */
export function placeName({ host, port }: HostPort): string {
  return `${host}:${port}`;
}
