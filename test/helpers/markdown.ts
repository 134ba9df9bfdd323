/** A link of a page to another one, or to a heading. */
export interface RelativeLink {
  /** As the page names it, relative to its folder; empty for the page itself. */
  path: string;
  heading: string | undefined;
}

/** The links of a page that lead nowhere out of the project. */
export function relativeLinks(markdown: string): RelativeLink[] {
  const targets = [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)];
  return targets
    .map((match) => (match[1] ?? match[2])!)
    .filter((target) => !/^([a-z]+:|\/)/.test(target))
    .map((target) => {
      const [path, heading] = target.split('#');
      return { path: path!, heading };
    });
}

/** What a link to each heading of a page is written with, as GitHub makes it. */
export function headings(markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    text!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```/gm, '');
}
