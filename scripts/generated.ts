import { readFileSync, writeFileSync } from 'node:fs';

const ROOT = new URL('..', import.meta.url);

/** A part of a page that is written by a script: what stands between `<!-- name -->` and `<!-- /name -->`. */
export interface GeneratedBlock {
  /** The page, from the root of the project. */
  page: string;
  name: string;
  content(): string;
}

/**
 * The page as it is, and as it has to be.
 *
 * @throws Error where the page has no such block
 */
export function generate({ page, name, content }: GeneratedBlock): { is: string; shouldBe: string } {
  const is = readFileSync(new URL(page, ROOT), 'utf8');
  const block = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!block.test(is)) throw new Error(`${page} has no block <!-- ${name} --> … <!-- /${name} -->`);
  return { is, shouldBe: is.replace(block, (_all, before, after) => `${before}\n${content()}\n\n${after}`) };
}

/** Writes it into its page. */
export function write(block: GeneratedBlock): void {
  writeFileSync(new URL(block.page, ROOT), generate(block).shouldBe);
}
