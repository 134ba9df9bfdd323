/**
 * Every item of a list that comes in pages.
 *
 * @param page reads the page after `after`, the first where that is undefined
 */
export async function all<Item>(
  page: (after: string | undefined) => Promise<{ items: Item[]; next?: string }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  do {
    const answer = await page(after);
    items.push(...answer.items);
    after = answer.next;
  } while (after !== undefined);
  return items;
}
