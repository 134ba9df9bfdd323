/** The files that a page links, as it names them: relative to its folder, without a part of the page. */
export function relativeLinks(markdown: string): string[] {
  const text = markdown.replaceAll(/```[\s\S]*?```/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)].map((match) => (match[1] ?? match[2])!);
  return targets.filter((target) => !/^([a-z]+:|#|\/)/.test(target)).map((target) => target.replace(/#.*/, ''));
}
