/**
 * How many bytes of a body a route reads. `small` is the default of all; a route that needs more says so with its
 * `bodyLimit`. What is larger is answered 413 before it is parsed.
 */
export const BODY_LIMIT = {
  /** Some ids and numbers. */
  small: 4 * 1024,
  /** A hundred ids. */
  ids: 16 * 1024,
  /** 64 KiB of fields, in the longest way that JSON can write them (`\u0001`, six bytes for one), and some more. */
  fields: 512 * 1024,
  /** A hundred of the largest messages, and the JSON around them. */
  batch: 8 * 1024 * 1024,
} as const;
