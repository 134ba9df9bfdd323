declare const brand: unique symbol;
/** A string that was parsed once at the edge and is trusted from there on. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A user's id. */
export type Uid = Branded<'Uid'>;
/** A group's id. */
export type Gid = Branded<'Gid'>;
/** How many characters a uid and a gid have at most. */
export const MAX_NAME = 64;
/** What a uid and a gid look like. `me` is reserved: in a path it is the token's own user. */
export const NAME_PATTERN = '^(?!me$)[A-Za-z0-9][A-Za-z0-9._@+~|-]{0,63}$';
/** What a clientMessageId looks like. */
export const CLIENT_MESSAGE_ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:@+~|-]{0,63}$';
const NAME = new RegExp(NAME_PATTERN);

/** True if `text` is a well-formed uid or gid. */
export function isName(text: string): boolean {
  return NAME.test(text);
}
