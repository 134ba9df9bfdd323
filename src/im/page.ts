/** One page of a list; `next` is what to pass as `after` for the following one, absent on the last. */
export interface Page<Item> {
  items: Item[];
  next?: string;
}

/** Which page of a list is asked for. */
export interface PageRequest {
  limit: number;
  after?: string | undefined;
}
