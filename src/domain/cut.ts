/** The first so many characters (code points) of a text, the last of them an ellipsis where there are more. */
export function cut(text: string, length: number): string {
  const characters = [...text.slice(0, 4 * length)];
  return characters.length <= length
    ? characters.join('')
    : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`;
}
